"""Keeping and removing files. They are parts of other things: the verbs of those publish what happened."""

import functools

from adminops.db import after_commit, db
from adminops.errors import Invalid
from adminops.files.kinds import FileKind, titles
from adminops.files.models import StoredFile
from adminops.files.sniffing import clean_name, ending_of, recognise
from adminops.files.storage import Readable, arriving, path_of, settle
from adminops.identity.models import User
from adminops.refs import Ref
from adminops.settings import current_settings


def keep_upload(
    stream: Readable,
    filename: str | None,
    *,
    allowed: frozenset[FileKind],
    limit: int,
    by: User,
    place: Ref | None = None,
) -> StoredFile:
    """Keep what `stream` brings, and return its row.

    The stream is read in pieces and never held in memory. `limit` is in bytes; a zip may unpack to no more than the
    setting for exports. Rules in the order checked: an ending of `allowed`, neither empty nor over the limit, content
    that is of a kind in `allowed` and agrees with the ending, nothing dangerous in a zip or document. Raises `Invalid`
    (at the field "file"), `Unavailable` when the disk is full. Whether `by` may is the caller's question.
    """
    name = clean_name(filename)
    ending = ending_of(name)
    if not any(ending in kind.endings for kind in allowed):
        raise Invalid(f"That kind of file can't be taken here: choose {titles(allowed)}.", field="file")
    unpacked_limit = current_settings().unpacked_limit_mb * 1_000_000
    with arriving(stream, limit=limit) as arrived:
        kind = recognise(arrived.path, ending, unpacked_limit=unpacked_limit)
        if kind not in allowed:
            raise Invalid(f"That kind of file can't be taken here: choose {titles(allowed)}.", field="file")
        stored = StoredFile(
            name=settle(arrived),
            original_name=name,
            kind=kind,
            size=arrived.size,
            sha256=arrived.sha256,
            owner_id=by.id,
        )
    stored.place = place
    db.session.add(stored)
    db.session.flush()
    return stored


def remove_file(stored: StoredFile, *, by: User) -> None:  # noqa: ARG001 - every verb names its actor
    """Remove a kept file: its row now, the file itself once that is stored. Whether `by` may, the caller asks."""
    path = path_of(stored)
    db.session.delete(stored)
    db.session.flush()
    after_commit(functools.partial(path.unlink, missing_ok=True))
