"""Uploads: recognised by their content, limited, kept outside the web's reach, handed out as downloads only.

A feature keeps one with `keep_upload(form.file.data.stream, form.file.data.filename, allowed=ATTACHMENTS, limit=…,
by=…)` inside its verb and hands it out with `send_file_safely(stored)` once it has checked who may have it.
"""

from adminops.files.downloads import send_file_safely
from adminops.files.kinds import ATTACHMENTS, DOCUMENTS, EXPORTS, IMAGES, FileKind
from adminops.files.models import StoredFile
from adminops.files.operations import keep_upload, remove_file
from adminops.files.storage import path_of
from adminops.files.sweeping import sweep_files

__all__ = [
    "ATTACHMENTS",
    "DOCUMENTS",
    "EXPORTS",
    "IMAGES",
    "FileKind",
    "StoredFile",
    "keep_upload",
    "path_of",
    "remove_file",
    "send_file_safely",
    "sweep_files",
]
