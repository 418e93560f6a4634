"""The redactors' room: texts that the guard holds back, the nightly scan, and the counts by agency."""

from flask import Flask

from adminops.feature import Feature, NavItem
from adminops.guard.models import TRANSITIONS
from adminops.guard.operations import SEALED_TEXTS
from adminops.hmis.resealing import also_sealed
from adminops.identity.permissions import Permission
from adminops.privacy import refs
from adminops.privacy.jobs import JOBS
from adminops.privacy.queries import held_counted
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
            permission=Permission.REDACT,
            group="System",
            order=70,
            count=held_counted,
        ),
    ),
    jobs=JOBS,
    refs=(RefProvider("pii_incident", refs.resolve),),
    machines={"Texts that are held back": TRANSITIONS},
    init_app=_init_app,
)
