"""The mail that the audit trail is not as it was written."""

from adminops.outbox.messages import Mail


def broken(*, to_id: int, day: int | str) -> Mail:
    """Return the alarm. It says nothing of what is in the trail."""
    del to_id, day
    return Mail(subject="The audit trail was changed", template="audit/broken", link="/audit")
