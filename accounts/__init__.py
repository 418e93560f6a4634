"""Accounts: their life from the invitation to the archive, forgotten passwords, and the page of every person."""

from datetime import timedelta

from accounts import cli, demo, emails, findings, jobs, panels, refs, subscribers
from accounts.models import TRANSITIONS
from accounts.request_types import REQUEST_TYPES
from accounts.views import blueprint, own
from adminops.facts import SignedIn
from adminops.feature import Feature, Job, NavItem, Panel, SearchProvider
from adminops.identity.permissions import Permission
from adminops.refs import RefProvider

feature = Feature(
    name="accounts",
    title="Accounts",
    blueprints=(blueprint, own),
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
        NavItem(label="Forgot your password?", icon="key-round", endpoint="accounts.forgot", shell="plain"),
    ),
    jobs=(
        Job(
            name="answer-forgotten-passwords",
            title="Send links to people who asked for a new password",
            run=jobs.answer,
            every=timedelta(seconds=10),
        ),
    ),
    subscribers=((SignedIn, subscribers.let_links_die),),
    request_types=REQUEST_TYPES,
    cli=(cli.accounts,),
    search=(SearchProvider(kind="account", title="People", find=refs.find, permission=Permission.READ_ACCOUNTS),),
    refs=(RefProvider("account", refs.resolve_accounts), RefProvider("user", refs.resolve_users)),
    panels=(
        Panel(place="user", render=panels.own_password, order=90),
        Panel(place="requester", render=panels.account_card, order=10),
    ),
    mails={
        "accounts.invite": emails.invite,
        "accounts.reset": emails.reset,
        "accounts.password_changed": emails.password_changed,
    },
    findings=findings.of_directory,
    machines={"Account": TRANSITIONS},
    demo=demo.fill,
)
