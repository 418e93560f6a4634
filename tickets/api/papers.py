"""Files that a program sends with a message: the same refusals as on the page."""

import base64
import binascii
import io
from collections.abc import Iterator, Mapping
from typing import Any

from adminops.api.shapes import Shape, record, several, text
from adminops.errors import Invalid
from adminops.identity.models import User
from adminops.web.navigation import registry
from tickets.attaching import MOST_FILES, Upload, attach
from tickets.catalogue import filed_as
from tickets.models import Ticket, TicketMessage

LONGEST_CONTENT = 40_000_000
_CONTENT: Shape = {**text("What is in it, as base64", most=LONGEST_CONTENT), "contentEncoding": "base64"}
FILES = several(
    record("A file", {"name": text("Its name with its ending", least=1), "content": _CONTENT}),
    "Files that come with it; what the page refuses is refused",
    most=MOST_FILES,
)


def attach_to(message: TicketMessage, ticket: Ticket, sent: Mapping[str, Any], user: User) -> None:
    """Keep the files of a message that was just written. Raises `Invalid`, which takes the message back, too."""
    kind = filed_as(ticket.request_type, ticket.type_version, registry().features)
    confirmed = bool(sent.get("confirmed_clean", False))
    attach(message, list(uploads_in(sent.get("files", ()))), kind=kind, confirmed_clean=confirmed, by=user)


def uploads_in(files: Any) -> Iterator[Upload]:
    """Yield the files that were sent. Raises `Invalid` for one that can't be read."""
    for file in files:
        try:
            raw = base64.b64decode(file["content"], validate=True)
        except (ValueError, binascii.Error):
            raise Invalid("The content of a file is not base64.", field="files") from None
        yield Upload(file["name"], io.BytesIO(raw))
