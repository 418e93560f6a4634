"""The mails about texts that are held back. They say nothing of what is in them."""

from adminops.db import db
from adminops.guard.models import IncidentState
from adminops.identity.models import User
from adminops.outbox.messages import Mail
from adminops.privacy.queries import find_incident


def held(*, to_id: int, incident_id: int) -> Mail | None:
    """Tell that a text was held back; not when it is settled by now, or the reader may not see it (any more)."""
    reader = db.session.get(User, to_id)
    incident = find_incident(incident_id, reader) if reader is not None else None
    if incident is None or incident.state is not IncidentState.HELD:
        return None
    return Mail(
        subject=f"A text is held back: incident {incident_id}",
        template="privacy/held",
        link=f"/privacy/{incident_id}",
        link_label="Open the incident",
    )


def found(*, to_id: int, day: int | str) -> Mail:
    """Tell that the nightly scan held texts back."""
    del to_id, day
    return Mail(
        subject="The nightly scan held texts back",
        template="privacy/found",
        link="/privacy",
        link_label="See what is held back",
    )
