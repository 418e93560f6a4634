"""Files for tests, good and hostile, made here byte by byte."""

import io
import stat
import struct
import zipfile
import zlib

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(17)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(20)
GIF = b"GIF89a" + bytes(20)
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8 " + bytes(20)
HTML = b"<!doctype html><script>alert(1)</script>"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200)

TYPES = b'<?xml version="1.0"?><Types xmlns="x"><Override ContentType="document.main+xml"/></Types>'


def zipped(**files: bytes) -> bytes:
    """Return a zip; names are given with __ for a slash and _dot_ for a dot."""
    return zip_of({name.replace("__", "/").replace("_dot_", "."): content for name, content in files.items()})


def zip_of(files: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip with these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def office(main_part: str, types: bytes = TYPES, **more: bytes) -> bytes:
    """Return an Office document with this main part ("word/document.xml")."""
    parts = {name.replace("__", "/"): content for name, content in more.items()}
    return zip_of({"[Content_Types].xml": types, main_part: b"<x/>", **parts})


def zip_with_link() -> bytes:
    """Return a zip with a symbolic link to a file of the system."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("Client.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return packed.getvalue()


def encrypted_zip() -> bytes:
    """Return a zip whose entry says that it is encrypted."""
    plain = bytearray(zipped(Export_dot_csv=b"x"))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = plain.find(signature) + offset
        plain[at] |= 1
    return bytes(plain)


def bomb(megabytes: int = 64) -> bytes:
    """Return a zip that grows a thousandfold."""
    return zip_of({"Export.csv": bytes(megabytes << 20)})


def overlapping_bomb(copies: int = 200) -> bytes:
    """Return a zip whose table of contents names one compressed part many times over."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = kernel.compress(bytes(100_000)) + kernel.flush()
    crc = zlib.crc32(bytes(100_000))
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(packed), 100_000, 1, 0) + b"a"
    body = local + packed
    contents = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc, len(packed), 100_000, 1, 0, 0, 0, 0, 0, 0)
        + b"a"
        for _ in range(copies)
    )
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, copies, copies, len(contents), len(body), 0)
    return body + contents + end


def crowded_zip(entries: int) -> bytes:
    """Return a zip with so many empty files."""
    return zip_of({f"{number}": b"" for number in range(entries)}, compression=zipfile.ZIP_STORED)


def zip_that_claims_long_contents() -> bytes:
    """Return a zip whose end record speaks of a table of contents larger than any real one."""
    plain = bytearray(zipped(Export_dot_csv=b"x"))
    struct.pack_into("<L", plain, plain.rfind(b"PK\x05\x06") + 12, 500_000_000)
    return bytes(plain)
