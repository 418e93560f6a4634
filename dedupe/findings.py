"""What the doctor is told of the merge desk: agencies that nobody can tell of merges."""

from collections.abc import Iterator

from adminops.feature import Finding
from dedupe.notices import agencies_without_lead


def of_what_is_stored() -> Iterator[Finding]:
    """Look for agencies with merges of the last week and nobody who leads them and may sign in."""
    if names := agencies_without_lead():
        says = f"Nobody can be told of merges of clients of {'; '.join(names)}: no agency lead may sign in there."
        advice = "Give somebody there the role of agency lead: they are told of the last week. Or call the agency."
        yield Finding("merges", "warn", says, advice)
