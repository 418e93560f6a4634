"""The verbs on client records: look at one, look for one by SSN, have an SSN shown. All are on the record."""

from adminops.errors import Invalid, NotAllowed
from adminops.facts import ClientViewed, SsnLookedUp, SsnRevealed, publish
from adminops.hmis import sealing
from adminops.hmis.asking import ssn_in
from adminops.hmis.clients import ClientPage, FoundClient, client_page, find_by_ssn, reveal_ssn
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.identity.scopes import scope_of

#: Why somebody may need to see a whole SSN: a code for the record, words for the screen.
REASONS = {
    "duplicate": "To compare two records",
    "benefits": "To help with benefits or documents",
    "correction": "To correct what was entered",
    "request": "The client asked for their record",
}


def view_client(client_id: int, *, by: User) -> ClientPage:
    """Return the page of a client. Raises `NotFound`, also outside the viewer's projects. Publishes `ClientViewed`."""
    page = client_page(client_id, scope=scope_of(by))
    publish(ClientViewed(client_id=page.client.id, agency_id=by.agency_id), by=by)
    return page


def look_up_ssn(ssn: str, *, by: User) -> tuple[FoundClient, ...]:
    """Return the records that have exactly this SSN, as far as the viewer may see them.

    Rules in the order checked: clients.ssn, nine digits, a number that was or can be given to somebody (others are
    borne by thousands). Raises `NotAllowed`, `Invalid`. Publishes `SsnLookedUp`.
    """
    if not by.may(Permission.REVEAL_SSN):
        raise NotAllowed("Your role does not include looking for a client by SSN.")
    digits = ssn_in(ssn)
    if not digits:
        raise Invalid("An SSN has nine digits: 123-45-6789.", field="ssn")
    if not sealing.is_valid_ssn(digits):
        raise Invalid("Nobody was ever given this SSN, so it finds nobody. Look for the name.", field="ssn")
    found = find_by_ssn(digits, scope=scope_of(by))
    ids = tuple(row.id for row in found)
    publish(SsnLookedUp(user_id=by.id, client_ids=ids, agency_id=by.agency_id), by=by)
    return found


def show_ssn(client_id: int, *, reason: str, by: User) -> str:
    """Return the SSN in clear that the page of a client shows masked: of the record that the person takes it from.

    Rules in the order checked: clients.ssn, a reason out of `REASONS`, the record in the viewer's scope.
    Raises `NotAllowed`, `Invalid`, `NotFound`. Publishes `SsnRevealed`, unless there is none: the text is empty then.
    """
    if not by.may(Permission.REVEAL_SSN):
        raise NotAllowed("Your role does not include seeing a whole SSN.")
    if reason not in REASONS:
        raise Invalid("Choose why you need to see the SSN.", field="reason")
    client, ssn = reveal_ssn(client_id, scope=scope_of(by))
    if ssn:
        publish(SsnRevealed(client_id=client.id, agency_id=by.agency_id, reason=reason), by=by)
    return ssn
