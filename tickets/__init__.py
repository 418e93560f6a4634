"""The help desk: what people ask for, the conversation about it, and the desk that answers.

Request types come from all features; carrying one out elsewhere publishes a fact that names the ticket, which the
ticket's timeline shows and which resolves it.
"""

from adminops.facts import Fact, PairTakenOut, TicketFact, TicketMoved
from adminops.facts.access import AccountMoved
from adminops.facts.proving import EmergencyAccountUsed
from adminops.feature import Feature, NavItem, Panel, SearchProvider
from adminops.identity.permissions import Permission
from adminops.refs import RefProvider
from tickets import refs, reminding
from tickets.absences.views import absence_card
from tickets.api import ROUTES
from tickets.asked import asked
from tickets.bulk import jobs as bulk_jobs
from tickets.cases import jobs as case_jobs
from tickets.cases import refs as vendor_refs
from tickets.cases.models import KIND as VENDOR_CASE
from tickets.cases.models import TRANSITIONS as CASE_TRANSITIONS
from tickets.catalogue import GENERAL
from tickets.demo import fill
from tickets.emails import MAILS
from tickets.goals import jobs as goal_jobs
from tickets.goals import refs as goal_refs
from tickets.guarded import MESSAGES
from tickets.importing import jobs as import_jobs
from tickets.importing import refs as import_refs
from tickets.importing.cli import tickets as tickets_group
from tickets.importing.models import TRANSITIONS as IMPORT_TRANSITIONS
from tickets.insights import jobs as insight_jobs
from tickets.insights import marking as marking
from tickets.insights.navigation import ITEMS as INSIGHTS
from tickets.jobs import JOBS
from tickets.mail import fetching
from tickets.mail import jobs as mail_jobs
from tickets.mail import refs as mail_refs
from tickets.mail.cli import mail
from tickets.mail.models import TRANSITIONS as MAIL_TRANSITIONS
from tickets.models import TRANSITIONS
from tickets.notices import jobs as notice_jobs
from tickets.notices.navigation import ITEMS as NOTICES
from tickets.notices.telling import tell_of_change
from tickets.problems import refs as problem_refs
from tickets.problems.models import KIND as PROBLEM
from tickets.problems.models import TRANSITIONS as PROBLEM_TRANSITIONS
from tickets.problems.views import banner
from tickets.projects import jobs as project_jobs
from tickets.queries import open_counted
from tickets.queues import jobs as queue_jobs
from tickets.queues import refs as queue_refs
from tickets.silence import jobs as silence_jobs
from tickets.silence.card import silence_card
from tickets.subscribers import file_emergency, keep_on_timeline, leave_agency, settle, take_back, tell_taken_out
from tickets.survey import jobs as survey_jobs
from tickets.survey import refs as survey_refs
from tickets.survey.views import wish_card
from tickets.views import blueprints
from tickets.webhooks import jobs as webhook_jobs
from tickets.webhooks import refs as webhook_refs
from tickets.webhooks.operations import call_for

feature = Feature(
    name="tickets",
    title="Tickets",
    blueprints=blueprints,
    asked=asked,
    nav=(
        *INSIGHTS,
        *NOTICES,
        NavItem(
            label="Get help",
            icon="life-buoy",
            endpoint="help.start",
            permission=Permission.ASK_FOR_HELP,
            order=1,
            shell="portal",
        ),
        NavItem(
            label="My requests",
            icon="inbox",
            endpoint="tickets.mine",
            permission=Permission.ASK_FOR_HELP,
            order=2,
            shell="portal",
        ),
        NavItem(
            label="Tickets",
            icon="inbox",
            endpoint="tickets.index",
            permission=Permission.READ_AGENCY_TICKETS,
            order=10,
            key="t",
            count=open_counted,
        ),
        NavItem(
            label="Goals",
            icon="hourglass",
            endpoint="goals.index",
            permission=Permission.SET_GOALS,
            group="System",
            order=60,
        ),
        NavItem(
            label="Calls and walk-ins",
            icon="phone",
            endpoint="tickets.calls",
            permission=Permission.WORK_TICKETS,
            order=15,
            short="Calls",
        ),
        NavItem(
            label="Request types",
            icon="list-checks",
            endpoint="request_types.index",
            permission=Permission.MANAGE_REQUEST_TYPES,
            group="System",
            order=20,
        ),
        NavItem(
            label="Known problems",
            icon="triangle-alert",
            endpoint="problems.index",
            permission=Permission.WORK_TICKETS,
            order=18,
            short="Problems",
        ),
        NavItem(
            label="Vendor cases",
            icon="wrench",
            endpoint="vendor.index",
            permission=Permission.WORK_TICKETS,
            order=19,
            short="Vendor",
        ),
        NavItem(
            label="Incoming mail",
            icon="mail",
            endpoint="mail_in.index",
            permission=Permission.WORK_TICKETS,
            order=16,
            short="Mail",
        ),
        NavItem(
            label="Ticket import",
            icon="download",
            endpoint="ticket_imports.index",
            permission=Permission.IMPORT_TICKETS,
            group="System",
            order=65,
        ),
        *webhook_refs.ITEMS,
    ),
    primary=NavItem(
        label="New ticket", icon="plus", endpoint="help.choose", permission=Permission.ASK_FOR_HELP, key="n"
    ),
    jobs=(
        *JOBS,
        *goal_jobs.JOBS,
        *mail_jobs.JOBS,
        *fetching.JOBS,
        *silence_jobs.JOBS,
        *reminding.JOBS,
        *bulk_jobs.JOBS,
        *queue_jobs.JOBS,
        *insight_jobs.JOBS,
        *notice_jobs.JOBS,
        *import_jobs.JOBS,
        *survey_jobs.JOBS,
        *webhook_jobs.JOBS,
        *project_jobs.JOBS,
        *case_jobs.JOBS,
    ),
    subscribers=(
        (Fact, keep_on_timeline),
        (Fact, settle),
        (Fact, take_back),
        (PairTakenOut, tell_taken_out),
        (EmergencyAccountUsed, file_emergency),
        (TicketFact, tell_of_change),
        (TicketFact, call_for),
        (TicketMoved, survey_jobs.ask_later),
        (AccountMoved, leave_agency),
    ),
    request_types=GENERAL,
    search=(
        SearchProvider(kind="ticket", title="Tickets", find=refs.find, permission=Permission.ASK_FOR_HELP),
        SearchProvider(kind=PROBLEM, title="Known problems", find=problem_refs.find),
        SearchProvider(
            kind=VENDOR_CASE, title="Vendor cases", find=vendor_refs.find, permission=Permission.WORK_TICKETS
        ),
        SearchProvider(kind="request_type", title="Ask for", find=refs.find_types, permission=Permission.ASK_FOR_HELP),
    ),
    refs=(
        RefProvider("ticket", refs.resolve, refs.answers),
        RefProvider("request_type", refs.resolve_types),
        RefProvider("ask", refs.resolve_asks),
        RefProvider("queue", queue_refs.queues),
        RefProvider("calendar", goal_refs.calendars),
        RefProvider("policy", goal_refs.policies),
        RefProvider(PROBLEM, problem_refs.problems),
        RefProvider(VENDOR_CASE, vendor_refs.cases),
        RefProvider("incoming_mail", mail_refs.mails),
        RefProvider("ticket_import", import_refs.imports),
        RefProvider("webhook", webhook_refs.webhooks),
    ),
    panels=(
        Panel(place="user", render=refs.open_requests, order=20),
        Panel(place="requester", render=refs.open_requests, order=30),
        Panel(place="user", render=absence_card, order=25),
        Panel(place="user", render=wish_card, order=70),
        Panel(place="dashboard", render=refs.attention, order=10),
        Panel(place="dashboard", render=refs.to_approve, order=5),
        Panel(place="ticket", render=refs.approval_card, order=5),
        Panel(place="ticket", render=silence_card, order=6),
        Panel(place="ticket", render=refs.guide_card, order=40),
        Panel(place="agency", render=refs.requesters_card, order=30),
    ),
    banner=banner,
    guarded=(MESSAGES, problem_refs.PROBLEMS, vendor_refs.CASES, survey_refs.COMMENTS),
    api=ROUTES,
    figures=refs.figures,
    mails=MAILS,
    machines={
        "Ticket": TRANSITIONS,
        "Incoming mail": MAIL_TRANSITIONS,
        "Known problem": PROBLEM_TRANSITIONS,
        "Vendor case": CASE_TRANSITIONS,
        "Ticket import": IMPORT_TRANSITIONS,
    },
    cli=(mail, tickets_group),
    init_app=mail_refs.init_app,
    demo=fill,
)
