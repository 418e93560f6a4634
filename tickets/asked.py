"""What another feature asks for in a person's name (`adminops.asking`): a request as if that person had filed it."""

from collections.abc import Mapping
from typing import Any

from adminops.identity.models import User
from adminops.refs import Ref
from adminops.web.navigation import registry
from tickets.catalogue import find_type
from tickets.models import Channel
from tickets.operations import file_ticket


def asked(key: str, *, subject: str, body: str, answers: Mapping[str, Any], by: User) -> Ref | None:
    """File a request of the type `key` for `by`; None where it is not offered at present.

    What the guard finds in it is held back until a redactor has looked: nobody sits there who could write it anew.
    """
    kind = find_type(key, registry().features)
    if kind is None or not kind.offered:
        return None
    ticket = file_ticket(
        kind=kind, subject=subject, body=body, answers=answers, channel=Channel.API, to_redactors=True, by=by
    )
    return ticket.ref
