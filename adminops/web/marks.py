"""Character marks: which pieces of two values differ, for the comparison of two records."""

from rapidfuzz.distance import Indel

Parts = list[tuple[str, bool]]


def marked(left: str, right: str) -> tuple[Parts, Parts]:
    """Return both values in pieces: (text, whether it stands on this side only). A blank value has no pieces.

    >>> marked("Katherine", "Catherine")
    ([('K', True), ('atherine', False)], [('C', True), ('atherine', False)])
    """
    if not left or not right:
        return _whole(left), _whole(right)
    edits = Indel.opcodes(left, right)
    a: Parts = []
    b: Parts = []
    for edit in edits:
        same = edit.tag == "equal"
        _add(a, left[edit.src_start : edit.src_end], differs=not same)
        _add(b, right[edit.dest_start : edit.dest_end], differs=not same)
    return a, b


def _whole(value: str) -> Parts:
    return [(value, False)] if value else []


def _add(parts: Parts, text: str, *, differs: bool) -> None:
    if not text:
        return
    if parts and parts[-1][1] == differs:
        parts[-1] = (parts[-1][0] + text, differs)
    else:
        parts.append((text, differs))
