"""Outlook's `winmail.dat` (TNEF): the files that lie in it. Whatever bytes come, the files that can be read come back.

The layout is Microsoft's [MS-OXTNEF]: a signature and a key, then attributes of a level, an id, a length, the content
and a check sum. A file begins with an attribute of its own; its name and its content follow.
"""

import struct
from collections.abc import Iterator

SIGNATURE = 0x223E9F78
HEAD = struct.Struct("<IH")
ATTRIBUTE = struct.Struct("<BII")
CHECK = 2
"""Bytes of a check sum."""
BEGINS, NAME, CONTENT = 0x00069002, 0x00018010, 0x0006800F
MOST_FILES = 50


def files_in(raw: bytes) -> list[tuple[str, bytes]]:
    """Return names and contents of the files in `raw`; nothing for what is no such container."""
    if len(raw) < HEAD.size or HEAD.unpack_from(raw)[0] != SIGNATURE:
        return []
    found: list[tuple[str, bytes]] = []
    name, content = "", b""
    for kind, value in _attributes(raw):
        if kind == BEGINS:
            found += [(name, content)] if content else []
            name, content = "", b""
        elif kind == NAME:
            name = value.split(b"\x00")[0].decode("cp1252", "replace")
        elif kind == CONTENT:
            content = value
    found += [(name, content)] if content else []
    return found[:MOST_FILES]


def _attributes(raw: bytes) -> Iterator[tuple[int, bytes]]:
    place = HEAD.size
    while place + ATTRIBUTE.size <= len(raw):
        _, kind, size = ATTRIBUTE.unpack_from(raw, place)
        place += ATTRIBUTE.size
        if place + size > len(raw):  # cut off: what is left of it is no whole file
            return
        yield kind, raw[place : place + size]
        place += size + CHECK
