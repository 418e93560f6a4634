"""Agencies: who takes part in the HMIS."""

from adminops.agencies import demo, emails, refs
from adminops.agencies.agreement_views import blueprint
from adminops.agencies.jobs import JOBS
from adminops.agencies.request_types import REQUEST_TYPES
from adminops.feature import Feature, NavItem, SearchProvider
from adminops.identity.permissions import Permission
from adminops.refs import RefProvider

feature = Feature(
    name="agencies",
    title="Agencies",
    blueprints=(blueprint,),
    nav=(
        NavItem(
            label="Agencies",
            icon="landmark",
            endpoint="agencies.index",
            permission=Permission.READ_AGENCIES,
            group="Records",
            order=30,
        ),
    ),
    jobs=JOBS,
    mails={"agencies.runs_out": emails.runs_out},
    request_types=REQUEST_TYPES,
    refs=(RefProvider("agency", refs.resolve),),
    search=(SearchProvider(kind="agency", title="Agencies", find=refs.find, permission=Permission.READ_AGENCIES),),
    demo=demo.fill,
)
