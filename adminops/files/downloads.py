"""Handing kept files out so that no browser runs what is in them."""

from flask import Response, send_file

from adminops.errors import NotFound
from adminops.files.models import StoredFile
from adminops.files.storage import path_of


def send_file_safely(stored: StoredFile) -> Response:
    """Return a kept file as a download: never shown in the page, never guessed at, in a sandbox if opened at all.

    Whether the viewer may have it is the caller's question. Raises `NotFound` when the file is gone from the disk.
    """
    path = path_of(stored)
    if not path.is_file():
        raise NotFound("This file is no longer there. Tell the Systems Team, who can look for it in a backup.")
    answer = send_file(
        path,
        mimetype=stored.kind.media_type,
        as_attachment=True,
        download_name=stored.original_name,
        conditional=False,
        etag=False,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
