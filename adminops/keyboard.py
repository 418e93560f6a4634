"""Reading what somebody typed or pasted as if it came from a keyboard: one kind of dash, of blank and of digit."""

import re
import unicodedata

_DASHES = re.compile(r"[\u2010-\u2015\u2212]")


def as_typed(text: str) -> str:
    """Return `text` with the digits, dashes and letters of a keyboard for what stands for them elsewhere.

    Any run of blanks, tabs and line breaks is one blank; none stands at either end.
    """
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", text))
    return " ".join("".join(str(unicodedata.decimal(letter, letter)) for letter in plain).split())
