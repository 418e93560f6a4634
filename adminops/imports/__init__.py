"""Imports and exports of the store: uploads, their log with every problem, and HUD CSV exports."""

from datetime import timedelta

from adminops.feature import Feature, Job, NavItem
from adminops.identity.permissions import Permission
from adminops.imports import jobs, refs
from adminops.imports.cli import hmis
from adminops.imports.views import blueprint
from adminops.refs import RefProvider

feature = Feature(
    name="imports",
    title="Imports",
    blueprints=(blueprint,),
    nav=(
        NavItem(
            label="Imports and exports",
            icon="upload",
            endpoint="imports.index",
            permission=Permission.IMPORT_EXPORTS,
            group="Records",
            order=40,
        ),
    ),
    jobs=(
        Job(
            name="run-imports",
            title="Take waiting HMIS exports into the store",
            run=jobs.run_waiting,
            every=timedelta(seconds=5),
            own_transactions=True,
        ),
    ),
    cli=(hmis,),
    refs=(RefProvider("import", refs.resolve),),
)
