"""The audit hears everything."""

from adminops import clock
from adminops.audit.marks import mark_of_entry
from adminops.audit.models import AuditEntry
from adminops.db import db
from adminops.facts import Fact
from adminops.hmis import sealing
from adminops.identity.models import User


def keep(fact: Fact, by: User) -> None:
    """Write one row for `fact`, in the transaction that made it true."""
    request = fact.request
    entry = AuditEntry(
        at=clock.now(),
        actor_id=by.id,
        fact=fact.name,
        about_kind=fact.about.kind,
        about_id=fact.about.id,
        agency_id=fact.agency_id,
        request_kind=request.kind if request else None,
        request_id=request.id if request else None,
        sentence=fact.sentence,
        detail=fact.detail(),
    )
    if key := sealing.key_ring().audit_key:
        entry.mark = mark_of_entry(key, entry)
    db.session.add(entry)
