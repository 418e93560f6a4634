"""The agreements of the demo: most hold, one is about to run out, one has, and one agency has none on record."""

from datetime import timedelta

from adminops import clock
from adminops.agencies.models import AgreementKind
from adminops.agencies.operations import record_agreement
from adminops.demo.cast import Cast

NONE_AT, OVER_AT, SOON_AT = 9, 8, 3
"""Which agencies have a story."""


def fill(cast: Cast) -> None:
    """Let the agencies sign."""
    for place, agency in enumerate(cast.agencies):
        if place == NONE_AT:
            continue
        ago = {OVER_AT: 372, SOON_AT: 339}.get(place, 60 + 17 * place)
        day = cast.days_ago(ago).date()
        lead = cast.lead_of(agency)
        with clock.frozen_at(cast.days_ago(ago - 1)):
            for kind in (AgreementKind.MOU, AgreementKind.SHARING)[: 2 - place % 2]:
                record_agreement(
                    agency,
                    kind=kind,
                    signer=f"{lead.name}, {lead.title}",
                    signed_on=day - timedelta(days=1),
                    begins_on=day,
                    expires_on=day + timedelta(days=364) if kind is AgreementKind.MOU else None,
                    by=cast["maya"],
                )
