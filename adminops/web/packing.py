"""Pages leave packed: a list of 52 kB is 8 kB on its way to a phone.

The length of a packed page tells how much of what was sent with the request stands on it anyway, also beside a secret
(BREACH). Whoever wants to measure that has the visitor's browser ask hundreds of times, from a page of their own. So
only what this site or the person asked for is packed, as browsers say in `Sec-Fetch-Site`, which no script can write.
Who does not say it gets the page as it is.
"""

import gzip
from typing import Final

import brotli
from flask import Response, request
from werkzeug.http import parse_accept_header

LEAST: Final = 1_000
"""Bytes below which a page fits into the packet that brings its headers."""
OWN: Final = frozenset({"same-origin", "none"})
"""What browsers say of a request that a page of this site, or the person at the address bar, has made."""


def accepted_encoding(accept_encoding: str) -> str:
    """Return the better of our two encodings that the browser reads, or an empty text."""
    accepted = parse_accept_header(accept_encoding)
    return next((encoding for encoding in ("br", "gzip") if accepted.quality(encoding) > 0), "")


def pack_page(response: Response) -> Response:
    """Pack the answer if it is a page that the browser reads packed, and that nobody else made it ask for."""
    if response.mimetype != "text/html" or response.is_streamed or response.direct_passthrough:
        return response
    response.vary.update(("Accept-Encoding", "Sec-Fetch-Site"))
    encoding = accepted_encoding(request.headers.get("Accept-Encoding", ""))
    body = response.get_data()
    if encoding and len(body) >= LEAST and request.headers.get("Sec-Fetch-Site") in OWN:
        # Of the qualities these two pack nearly as well as the best, in a few tenths of a millisecond.
        packed = brotli.compress(body, quality=4) if encoding == "br" else gzip.compress(body, compresslevel=5, mtime=0)
        response.set_data(packed)
        response.content_encoding = encoding
    return response
