"""Duplicates: finding client records that may be one person, and the desk where a person decides."""

from datetime import timedelta

from adminops.facts import AgencyChanged, ExportImported, ImportUndone, ProgramSetUp
from adminops.feature import Feature, Job, NavItem, Panel
from adminops.identity.permissions import Permission
from adminops.refs import RefProvider
from dedupe import emails, findings, jobs, notices, refs, subscribers
from dedupe.api import ROUTES
from dedupe.cli import dedupe
from dedupe.demo import fill
from dedupe.models import EXACT_TRANSITIONS, LESSON_TRANSITIONS, SCAN_TRANSITIONS, TRANSITIONS
from dedupe.queries import open_counted
from dedupe.request_types import REQUEST_TYPES
from dedupe.views import asking, blueprint

feature = Feature(
    name="dedupe",
    title="Duplicates",
    blueprints=(blueprint, asking),
    nav=(
        NavItem(
            label="Merge queue",
            icon="merge",
            endpoint="dedupe.index",
            permission=Permission.REVIEW_DUPLICATES,
            order=30,
            key="m",
            short="Merges",
            count=open_counted,
        ),
    ),
    jobs=(
        Job(
            name="scan-duplicates",
            title="Scan the store for duplicates when something asked for it",
            run=jobs.run_waiting_scan,
            every=timedelta(seconds=30),
            own_transactions=True,
        ),
        Job(
            name="learn-from-decisions",
            title="Learn from decisions on pairs when somebody asked for it",
            run=jobs.run_waiting_lesson,
            every=timedelta(seconds=30),
            own_transactions=True,
        ),
        Job(
            name="merge-exact-pairs",
            title="Merge pairs that agree in all three, where two administrators have allowed it",
            run=jobs.merge_exact,
            every=timedelta(minutes=5),
            own_transactions=True,
        ),
        Job(
            name="tell-of-merges",
            title="Tell agencies of the merges of their clients on the days before",
            run=notices.tell_agencies,
            every=timedelta(hours=6),
        ),
    ),
    subscribers=(
        (ExportImported, subscribers.scan_after_import),
        (ImportUndone, subscribers.scan_after_undo),
        (AgencyChanged, subscribers.scan_after_change),
        (ProgramSetUp, subscribers.scan_after_setup),
    ),
    mails={
        "dedupe.second_wanted": emails.second_wanted,
        "dedupe.merge_refused": emails.merge_refused,
        "dedupe.merges_of_day": emails.merges_of_day,
    },
    request_types=REQUEST_TYPES,
    cli=(dedupe,),
    api=ROUTES,
    refs=(RefProvider("pair", refs.resolve_pairs),),
    panels=(
        Panel(place="client", render=refs.client_panel, order=20),
        Panel(place="clients", render=refs.lookup_panel),
    ),
    figures=refs.figures,
    stored_findings=findings.of_what_is_stored,
    machines={
        "Pair of client records": TRANSITIONS,
        "Duplicate scan": SCAN_TRANSITIONS,
        "What decisions teach": LESSON_TRANSITIONS,
        "Rule of exact merges": EXACT_TRANSITIONS,
    },
    demo=fill,
)
