"""Accounts: their life from the invitation to the archive, forgotten passwords, and the page of every person."""

from datetime import timedelta

from accounts import cli, couriers, demo, emails, findings, jobs, panels, refs, signing_in, subscribers
from accounts.ladders.models import POLICY_TRANSITIONS
from accounts.lists import running
from accounts.lists.models import LIST_TRANSITIONS
from accounts.models import TRANSITIONS
from accounts.privileged.models import PRIVILEGED_TRANSITIONS
from accounts.request_types import REQUEST_TYPES
from accounts.requests.models import REQUEST_TRANSITIONS
from accounts.reviewing.models import REVIEW_TRANSITIONS
from accounts.scim.connecting import forget_calls
from accounts.views import blueprint, outside, own, scim
from adminops.facts import (
    AccountArchived,
    AccountReactivated,
    AccountReleased,
    AccountRestored,
    CompletionWithdrawn,
    CourseCompleted,
    RoleGranted,
    RoleRevoked,
    SignedIn,
    TicketApproved,
    TicketMoved,
    TicketRefused,
)
from adminops.facts.leaving import LeaverReported
from adminops.facts.opening import (
    AccountApproved,
    AgreementEnded,
    AgreementRecorded,
    LicenseSeatsOrdered,
    UserAgreementSigned,
)
from adminops.facts.proving import LostStepSettled
from adminops.feature import Feature, Job, NavItem, Panel, SearchProvider
from adminops.identity.permissions import Permission
from adminops.refs import RefProvider

feature = Feature(
    name="accounts",
    title="Accounts",
    blueprints=(blueprint, own, scim.scim),
    nav=(
        NavItem(
            label="Accounts",
            icon="users",
            endpoint="accounts.index",
            permission=Permission.READ_ACCOUNTS,
            order=40,
            key="a",
        ),
        NavItem(
            label="Staff",
            icon="users",
            endpoint="accounts.index",
            permission=Permission.READ_ACCOUNTS,
            order=60,
            shell="portal",
        ),
        NavItem(
            label="Who could see",
            icon="eye",
            endpoint="accounts.who_could_see",
            permission=Permission.ASK_WHO_SAW,
            group="System",
            order=91,
            shell="both",
        ),
        NavItem(label="Forgot your password?", icon="key-round", endpoint="accounts.forgot", shell="plain"),
    ),
    jobs=(
        Job(
            name="answer-forgotten-passwords",
            title="Send links to people who asked for a new password",
            run=jobs.answer,
            every=timedelta(seconds=10),
        ),
        Job(
            name="settle-accounts",
            title="Open and close accounts whose moment has come",
            run=jobs.settle,
            every=timedelta(minutes=1),
        ),
        Job(
            name="hold-what-lapses",
            title="Warn of what runs out, and hold accounts by the policies",
            run=jobs.hold_what_lapses,
            every=timedelta(hours=6),
        ),
        Job(
            name="review-account-requests",
            title="See to requests for accounts",
            run=jobs.review_requests,
            every=timedelta(hours=1),
        ),
        Job(
            name="remind-of-leavers",
            title="Tell of people who left and are not closed out of the HMIS",
            run=jobs.remind_of_leavers,
            every=timedelta(minutes=15),
        ),
        Job(
            name="review-access",
            title="Ask agencies each quarter who is still there, and each month who administers",
            run=jobs.review_access,
            every=timedelta(hours=6),
        ),
        Job(
            name="remind-of-emergency-drills",
            title="Remind of accounts for emergencies that were not tried",
            run=jobs.remind_of_emergency_drills,
            every=timedelta(days=1),
        ),
        Job(
            name="forget-provider-calls",
            title="Forget what identity providers asked for long ago",
            run=forget_calls,
            every=timedelta(days=1),
        ),
        Job(
            name="take-vendor-lists",
            title="Add the people of lists that are being taken",
            run=running.go_on,
            every=timedelta(seconds=30),
            own_transactions=True,
        ),
        Job(
            name="tell-directory",
            title="Tell the directory how accounts should be",
            run=jobs.tell,
            every=timedelta(seconds=10),
            own_transactions=True,
        ),
        Job(
            name="compare-directory",
            title="Compare all accounts with the directory",
            run=jobs.compare,
            every=timedelta(hours=1),
            own_transactions=True,
        ),
    ),
    couriers=(couriers.DIRECTORY,),
    subscribers=(
        (SignedIn, subscribers.let_links_die),
        (SignedIn, subscribers.let_coming_holds_go),
        (SignedIn, subscribers.tell_of_emergency),
        (RoleGranted, subscribers.tell_roles),
        (RoleRevoked, subscribers.tell_roles),
        (TicketApproved, subscribers.note_word),
        (TicketRefused, subscribers.note_refusal),
        (TicketMoved, subscribers.note_move),
        (AccountReactivated, subscribers.end_departure),
        (AccountRestored, subscribers.end_departure),
        (AccountReleased, subscribers.review_of_account),
        (AccountArchived, subscribers.end_seats),
        (LostStepSettled, subscribers.review_of_account),
        (LeaverReported, subscribers.tell_further_agencies),
        (AccountApproved, subscribers.open_setup),
        (AgreementRecorded, subscribers.review_of_agency),
        (AgreementEnded, subscribers.review_of_agency),
        (LicenseSeatsOrdered, subscribers.review_of_agency),
        (CourseCompleted, subscribers.review_of_learner),
        (CompletionWithdrawn, subscribers.review_of_learner),
        (UserAgreementSigned, subscribers.review_of_signer),
    ),
    init_app=signing_in.init_app,
    request_types=REQUEST_TYPES,
    cli=(cli.accounts,),
    search=(SearchProvider(kind="account", title="People", find=refs.find, permission=Permission.READ_ACCOUNTS),),
    refs=(
        RefProvider("account", refs.resolve_accounts),
        RefProvider("user", refs.resolve_users),
        RefProvider("identity_provider", refs.resolve_providers),
    ),
    panels=(
        Panel(place="user", render=panels.second_step, order=80),
        Panel(place="user", render=panels.own_password, order=90),
        Panel(place="user", render=panels.own_identities, order=90),
        Panel(place="user", render=panels.own_agreement, order=91),
        Panel(place="agency", render=panels.agency_card, order=20),
        Panel(place="start", render=panels.start_card, order=10),
        Panel(place="requester", render=panels.account_card, order=10),
        Panel(place="client", render=panels.sight_card, order=90),
    ),
    mails={
        "accounts.invite": emails.invite,
        "accounts.reset": emails.reset,
        "accounts.password_changed": emails.password_changed,
        "accounts.connected": emails.connected,
        "accounts.speaks": emails.speaks,
        "accounts.emergency": emails.emergency,
        "accounts.emergency_drill": emails.emergency_drill,
        "accounts.lost_step_asked": emails.lost_step_asked,
        "accounts.lost_step_waits": emails.lost_step_waits,
        "accounts.compared": emails.compared,
        "accounts.sign": emails.sign,
        "accounts.training_lapses": emails.training_lapses,
        "accounts.runs_out": emails.runs_out,
        "accounts.agency_closes": emails.agency_closes,
        "accounts.supervisor": emails.supervisor,
        "accounts.other_agency": emails.other_agency,
        "accounts.access_changed": emails.access_changed,
        "accounts.leaves_elsewhere": emails.leaves_elsewhere,
        "accounts.request_waits": emails.request_waits,
        "accounts.leaver_waits": emails.leaver_waits,
        "accounts.privileged": emails.privileged,
        "accounts.review_opened": emails.review_opened,
        "accounts.review_overdue": emails.review_overdue,
        "accounts.review_missing": emails.review_missing,
    },
    findings=findings.of_directory,
    stored_findings=findings.of_what_is_stored,
    machines={
        "Account": TRANSITIONS,
        "Request about an account": REQUEST_TRANSITIONS,
        "List of an agency's people": REVIEW_TRANSITIONS,
        "List of administrators": PRIVILEGED_TRANSITIONS,
        "List of the vendor": LIST_TRANSITIONS,
        "Policy of accounts": POLICY_TRANSITIONS,
    },
    doors=outside.doors,
    demo=demo.fill,
)
