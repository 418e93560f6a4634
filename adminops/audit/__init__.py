"""The audit trail: every fact, one row, never changed; and its screens."""

from adminops.audit import cli, emails, subscribers
from adminops.audit.jobs import JOBS
from adminops.audit.views import blueprint
from adminops.facts import Fact
from adminops.feature import Feature, NavItem
from adminops.identity.permissions import Permission

feature = Feature(
    name="audit",
    title="Audit",
    blueprints=(blueprint,),
    nav=(
        NavItem(
            label="Audit trail",
            icon="scroll-text",
            endpoint="audit.index",
            permission=Permission.READ_AUDIT,
            group="System",
            order=90,
        ),
    ),
    jobs=JOBS,
    mails={"audit.broken": emails.broken},
    cli=(cli.audit,),
    subscribers=((Fact, subscribers.keep),),
)
