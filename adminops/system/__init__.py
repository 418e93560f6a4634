"""The running of AdminOps: jobs, the outbox, health, the development mailbox, backups, keys."""

from adminops.feature import Feature, NavItem
from adminops.identity.permissions import Permission
from adminops.outbox.models import TRANSITIONS
from adminops.refs import RefProvider
from adminops.system import cli, demo, refs
from adminops.system.jobs import JOBS
from adminops.system.queries import given_up_counted
from adminops.system.views import blueprint

feature = Feature(
    name="system",
    title="System",
    blueprints=(blueprint,),
    nav=(
        NavItem(
            label="Jobs and mail",
            icon="wrench",
            endpoint="system.jobs",
            permission=Permission.RUN_SYSTEM,
            group="System",
            order=80,
            count=given_up_counted,
        ),
    ),
    jobs=JOBS,
    cli=(cli.doctor, cli.backup, cli.restore, cli.keys),
    refs=(
        RefProvider("outbox_message", refs.resolve_messages),
        RefProvider("job", refs.resolve_jobs),
    ),
    machines={"Messages of the outbox": TRANSITIONS},
    demo=demo.settle_history,
)
