"""What the clock does to cases at the vendor: a promised day that is over without a release is told, once for each."""

from datetime import timedelta

from adminops.feature import Job
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail
from tickets.cases.models import VendorCase
from tickets.cases.queries import broken_promises, those_who_wait

BATCH = 200


def tell_of_promises() -> None:
    """Mail who wrote the case down and who works on the tickets that wait for it."""
    for case in broken_promises(BATCH):
        case.told_of = case.promised_on
        for person in those_who_wait(case):
            _tell(case, person)


def _tell(case: VendorCase, person: User) -> None:
    day = case.promised_on.toordinal() if case.promised_on else 0
    enqueue_mail("tickets.promise", to=person, case_id=case.id, day=day)


JOBS = (
    Job(
        name="vendor-promises",
        title="Tell of promised days of the vendor that are over",
        run=tell_of_promises,
        every=timedelta(hours=1),
    ),
)
