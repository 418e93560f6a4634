"""The verb of looking back: asking is on the record, too."""

from collections.abc import Collection
from datetime import date

from accounts.seeing.models import Answer
from accounts.seeing.queries import Day, answer, find_client
from adminops import clock
from adminops.errors import Invalid, NotAllowed, NotFound
from adminops.facts import publish
from adminops.facts.records import ClientSightAsked
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.settings import current_settings


def ask_who_could_see(client_id: int, *, on: date, by: User) -> Answer:
    """Return who could see a client record on a day, and who looked at it.

    An agency's security officer asks about clients of the agency, and is told of its people. Raises `NotAllowed`
    (audit.sight), `NotFound`, `Invalid` for a day that has not come. Publishes `ClientSightAsked`.
    """
    reach = by.reach(Permission.ASK_WHO_SAW)
    if not reach:
        raise NotAllowed("Only security officers and administrators ask who could see a client.")
    if on > clock.today(current_settings().time_zone):
        raise Invalid("Enter a day that has come.", field="on")
    own: Collection[int] | None = None if reach.everywhere else reach.agency_ids
    client = find_client(client_id, own)
    if client is None:
        raise NotFound("There is no such client record.")
    found = answer(client, Day(on), own)
    publish(ClientSightAsked(client_id=client.id, agency_id=by.agency_id, on=on.isoformat()), by=by)
    return found
