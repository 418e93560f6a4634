"""What an incident sets off: those who answer for it hear of it at once."""

from adminops import clock
from adminops.db import db
from adminops.facts import TextHeld
from adminops.guard.models import FoundBy, PiiIncident
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail
from adminops.privacy.queries import answerable_for


def tell(fact: TextHeld, by: User) -> None:
    """Tell who answers for it: of each text that its writer sends, and once a day of what the scan finds.

    Who brings tickets of another desk in is shown what was found in them.
    """
    del by
    incident = db.session.get_one(PiiIncident, fact.incident_id)
    if incident.found_by is FoundBy.IMPORT:
        return
    for person in answerable_for(fact.agency_id):
        if incident.found_by is FoundBy.WRITER:
            enqueue_mail("privacy.held", to=person, incident_id=incident.id)
        else:
            enqueue_mail("privacy.found", to=person, day=f"{clock.now():%Y%m%d}")
