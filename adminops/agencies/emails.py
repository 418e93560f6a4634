"""The mail that an agreement runs out."""

from adminops.agencies.models import AgencyAgreement
from adminops.agencies.queries import today
from adminops.db import db
from adminops.outbox.messages import Mail


def runs_out(*, to_id: int, agreement_id: int, days: int) -> Mail | None:
    """Return the reminder; None once it is over or has no end any more."""
    del to_id, days
    agreement = db.session.get(AgencyAgreement, agreement_id)
    if agreement is None or agreement.last_on is None or agreement.last_on < today():
        return None
    return Mail(
        subject=f"An agreement of {agreement.agency.name} runs out",
        template="agencies/runs_out",
        values={"agency": agreement.agency.name, "kind": agreement.kind.title, "last_on": agreement.last_on},
        link=f"/agencies/{agreement.agency_id}",
        link_label="Open the agency",
    )
