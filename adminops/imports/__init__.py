"""Imports and exports of the store: uploads, drop folders, their log with every problem, and HUD CSV exports."""

from adminops.feature import Feature, NavItem
from adminops.identity.permissions import Permission
from adminops.imports import jobs, refs
from adminops.imports.cli import hmis
from adminops.imports.export_views import blueprint as exports
from adminops.imports.source_views import sources
from adminops.imports.views import blueprint
from adminops.refs import RefProvider

feature = Feature(
    name="imports",
    title="Imports",
    blueprints=(blueprint, exports, sources),
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
    jobs=jobs.JOBS,
    cli=(hmis,),
    refs=(RefProvider("import", refs.resolve), RefProvider("source", refs.resolve_sources)),
)
