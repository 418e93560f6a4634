"""The room of redactors and security officers: what the guard holds back, the nightly scan, the counts by agency."""

from flask import Flask

from adminops.facts import TextHeld
from adminops.feature import Feature, NavItem, Panel
from adminops.guard.models import TRANSITIONS
from adminops.guard.operations import SEALED_TEXTS
from adminops.hmis.resealing import also_sealed
from adminops.identity.permissions import Permission
from adminops.privacy import emails, refs
from adminops.privacy.jobs import JOBS
from adminops.privacy.panels import agency_card
from adminops.privacy.queries import held_counted
from adminops.privacy.subscribers import tell
from adminops.privacy.views import blueprint
from adminops.refs import RefProvider


def _init_app(_app: Flask) -> None:
    """Have what is held back sealed anew with everything else when the key changes."""
    also_sealed(SEALED_TEXTS)


feature = Feature(
    name="privacy",
    title="Privacy",
    blueprints=(blueprint,),
    nav=(
        NavItem(
            label="Held back",
            icon="shield-check",
            endpoint="privacy.index",
            permission=Permission.READ_HELD,
            group="System",
            order=70,
            count=held_counted,
        ),
    ),
    jobs=JOBS,
    mails={"privacy.held": emails.held, "privacy.found": emails.found},
    subscribers=((TextHeld, tell),),
    panels=(Panel(place="agency", render=agency_card, order=60),),
    refs=(RefProvider("pii_incident", refs.resolve),),
    machines={"Texts that are held back": TRANSITIONS},
    init_app=_init_app,
)
