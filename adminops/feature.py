"""What a package may offer: the one shape in which a feature joins the app.

A feature's `__init__.py` holds a docstring and one `Feature(...)` value; `wsgi.py` lists them. Nothing is scanned.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

import click
from flask import Blueprint, Flask

from adminops.facts import Fact, Subscriber
from adminops.refs import Ref, RefProvider

if TYPE_CHECKING:
    from markupsafe import Markup
    from sqlalchemy import ScalarSelect

    from adminops.api.routes import Route
    from adminops.demo.cast import Cast
    from adminops.identity.models import User
    from adminops.identity.permissions import Permission
    from adminops.outbox.delivery import Courier
    from adminops.outbox.messages import Mail
    from adminops.proofs import Proof
    from adminops.web.forms import Form


@dataclass(frozen=True, kw_only=True)
class NavItem:
    """A place in the navigation, shown to who holds `permission` (None: to everybody signed in)."""

    label: str
    icon: str
    endpoint: str
    permission: "Permission | None" = None
    group: str = "Work"
    order: int = 50
    shell: Literal["desk", "portal", "both", "plain"] = "desk"
    """Whose frame shows it; "plain" stands under the sign-in form, for people who can't get in."""
    key: str | None = None
    """Letter after `g` that jumps here."""
    short: str | None = None
    """The label in one short word, for the bar at the bottom of a phone."""
    count: "Callable[[User], ScalarSelect[int] | int | None] | None" = None
    """What counts the number beside the label (open tickets, pairs to review), cheaply; the counts of all places are
    read in one statement. Or the number itself where it is known; None: this person has none."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """Work by the clock. `run()` does what is due; times are rows in the database, not entries of a scheduler.

    The scheduler calls it once in each `every` (counted from midnight UTC, so all processes agree on the slots) in
    a transaction of its own. With `own_transactions` the job opens its own (an outbox delivers between two). With
    `in_steps` it does a little and says whether there is more: then it is called again, each time in a transaction of
    its own, so that people can write in between.
    """

    name: str
    title: str
    run: Callable[[], object]
    every: timedelta
    own_transactions: bool = False
    in_steps: bool = False


@dataclass(frozen=True, kw_only=True)
class WorkScreen:
    """Where a request is carried out: a screen of the owning feature.

    `url(ticket)` returns its address for that ticket or None when there is nothing to carry out (yet).
    """

    label: str
    icon: str
    permission: "Permission"
    url: Callable[[Any], str | None]
    shows_state: bool = False
    """Whether it also says how far the request is, so that there is a way to it while it waits, and when it is over."""
    is_left: Callable[[Collection[int]], bool] | None = None
    """Whether something waits there still that one of these tickets asked for: until then none resolves by itself.
    None: what a ticket asks for is carried out at once."""


class RequestGroup(StrEnum):
    """Where a request type stands in the catalogue, with the words and the picture of the group."""

    def __new__(cls, value: str, title: str = "", help_: str = "", icon: str = "") -> "RequestGroup":
        """Keep words and picture beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.help, member.icon = title, help_, icon
        return member

    label: str
    help: str
    icon: str

    SIGNING_IN = "signing_in", "Signing in", "Passwords, codes, locked accounts", "lock"
    STAFF = "staff", "Staff joining or leaving", "New account, change access, or close an account", "users"
    CLIENTS = "clients", "Client records", "Duplicates, corrections, consent", "contact"
    NUMBERS = "numbers", "Reports and numbers", "Pulling, reading and checking reports", "chart-column"
    PROGRAMS = "programs", "Program or funding change", "New program, new grant, new dates, closing", "building-2"
    LEARNING = "learning", "Training and manuals", "Classes, certificates, instructions", "graduation-cap"
    SYSTEM = "system", "Problems and ideas", "Something is broken, or could be better", "monitor"
    TRUST = "trust", "Privacy and concerns", "Incidents, complaints, questions about the rules", "shield-check"
    OTHER = "other", "Anything else", "In your own words", "message-square"


@dataclass(frozen=True, kw_only=True)
class FirstStep:
    """A page that comes before a request's form, for what is quicker without one.

    `ways` are (label, endpoint) of the pages that help at once, as far as the person may open them; `go_on` is the
    label of the way to the form.
    """

    title: str
    text: Sequence[str]
    ways: Sequence[tuple[str, str]] = ()
    go_on: str = "Write to us anyway"


@dataclass(frozen=True, kw_only=True)
class RequestType:
    """Something a user may ask for. `tickets` shows the form and keeps the conversation.

    `form()` returns the class of the extra fields (None: only a text); `audience` is who may ask (None: everybody).
    Words, priority, target, approval and lists are where a team starts: administrators change them in the app.
    """

    key: str
    title: str
    help: str
    icon: str
    code: str = ""
    """Its number in the list of what such a team is asked for: "A1"."""
    group: RequestGroup = RequestGroup.OTHER
    order: int = 50
    audience: "Permission | None" = None
    through_lead: bool = False
    """Whether somebody of an agency who may not ask for this can write it for their lead, who sends it on."""
    first: FirstStep | None = None
    form: "Callable[[], type[Form]] | None" = None
    priority: Literal["urgent", "high", "normal", "low"] = "normal"
    presses: "Callable[[Mapping[str, Any]], Literal['urgent', 'high'] | None] | None" = None
    """What the answers say about the priority; None leaves it."""
    target_hours: int = 45
    """Business hours within which it should be resolved; an office day has nine."""
    around_the_clock: bool = False
    """Whether nights and weekends count, too: an access that must end, unless a policy names this type itself."""
    approval: Literal["none", "team", "work"] = "none"
    """Who must agree before the work begins: nobody, an approver of the team, or the screen of the work asks."""
    spares: "Callable[[Mapping[str, Any]], bool] | None" = None
    """Whether a request with these answers needs no approver after all: it only takes access away."""
    pii_rule: str = "Use client IDs only: no names, birth dates or SSNs."
    files: bool = True
    """Whether files may come with it; not where they would show a client."""
    private: bool = False
    """Whether only those who are named on such a ticket and security officers see it."""
    checklist: Sequence[str] = ()
    """What the team does, step by step."""
    closing: Literal["free", "code", "evidence", "work"] = "free"
    """What the team has to give before it resolves one: nothing, how it ended, what shows it, the work itself."""
    evidence: str = ""
    """What shows that it was done: "The IDs before and after"."""
    manuals: Sequence[str] = ()
    """Words that find the manual pages worth reading first."""
    start: str | None = None
    """Endpoint of a screen that asks for this instead of the general form (a program request has its own)."""
    work: WorkScreen | None = None
    filed: "Callable[[Any, bool, User], None] | None" = None
    """What the owning feature begins with a ticket that was filed: it is given the ticket, whether who asked may ask
    (else the agency's lead has to send it on), and who filed it. A refusal of it refuses the request."""
    offered: bool = True
    """Whether people may ask for it at present; a type that is switched off keeps its tickets."""
    version: int = 0
    """How often it was changed in the app since it was declared."""

    def priority_of(self, answers: "Mapping[str, Any]") -> str:
        """Return how much a request with these answers presses."""
        return (self.presses(answers) if self.presses else None) or self.priority


@dataclass(frozen=True)
class Found:
    """One hit of the search box."""

    ref: Ref
    title: str
    summary: str
    url: str
    icon: str


@dataclass(frozen=True, kw_only=True)
class SearchProvider:
    """How a feature's things are found: `find(text, viewer, limit)` returns hits the viewer may see, best first.

    `private`: the words may be a client's name, so only words sent in the body of a request are looked up, never
    those of an address, which stay in the history of a browser and the log of a proxy. For those, another provider of
    the same kind may stand in.
    """

    kind: str
    title: str
    find: "Callable[[str, User, int], Sequence[Found]]"
    permission: "Permission | None" = None
    private: bool = False


@dataclass(frozen=True, kw_only=True)
class WrittenText:
    """A text that is stored: its number, what it is about, its author, and the text of each of its fields."""

    id: int
    agency_id: int | None
    author_id: int | None
    texts: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class GuardedTexts:
    """Free texts that are looked at again each night, and may be held back until a redactor has looked.

    `written(after, limit)` returns those behind a number, in order; `rewrite(id, texts)` puts other words into fields;
    `readers(id)` returns the numbers of the users who can read it.
    """

    kind: str
    title: str
    written: Callable[[int, int], Sequence[WrittenText]]
    rewrite: Callable[[str, Mapping[str, str]], None]
    readers: Callable[[int], Sequence[int]]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A card that one feature shows on the page of another's thing.

    `place` is the kind of the thing ("user", "agency", "client", "ticket"), or "clients" for where all of them are
    looked up; `render(ref, viewer)` returns the card's HTML (from a template) or None for nothing to show.
    """

    place: str
    render: "Callable[[Ref, User], Markup | None]"
    order: int = 50


@dataclass(frozen=True)
class Door:
    """Another way to sign in, as a button beside the form."""

    label: str
    url: str


@dataclass(frozen=True)
class Finding:
    """What the doctor found of one thing. `advice` says what to do."""

    about: str
    state: Literal["ok", "warn", "fail"]
    says: str
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number of the dashboard, with its meaning in words and the list behind it."""

    label: str
    value: int
    note: str
    url: str
    tone: Literal["plain", "good", "warn", "bad"] = "plain"
    order: int = 50


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A package's front door."""

    name: str
    title: str
    blueprints: Sequence[Blueprint] = ()
    nav: Sequence[NavItem] = ()
    primary: NavItem | None = None
    """The desk's main button ("New ticket"); one feature offers it."""
    jobs: Sequence[Job] = ()
    subscribers: Sequence[tuple[type[Fact], Subscriber]] = ()
    request_types: Sequence[RequestType] = ()
    cli: Sequence[click.Command] = ()
    api: "Sequence[Route]" = ()
    """What programs may ask for under /api/v1."""
    search: Sequence[SearchProvider] = ()
    refs: Sequence[RefProvider] = ()
    panels: Sequence[Panel] = ()
    guarded: Sequence[GuardedTexts] = ()
    mails: "Mapping[str, Callable[..., Mail | None]]" = field(default_factory=dict)
    """Mails by key ("tickets.reply"): functions of ids that are called when the mail is sent."""
    couriers: "Sequence[Courier]" = ()
    """What sees to messages of the outbox that are no mails."""
    proofs: "Mapping[str, Callable[[Sequence[int]], Mapping[int, Proof]]]" = field(default_factory=dict)
    """What the feature can prove of people, by kind: see `adminops.proofs`."""
    asked: "Callable[..., Ref | None] | None" = None
    """How another feature asks for something in a person's name: see `adminops.asking`."""
    banner: "Callable[[User | None], Markup | None] | None" = None
    """What stands above every page of the portal, and (None: nobody has signed in) of the pages around signing in."""
    figures: "Callable[[User], Sequence[Figure]] | None" = None
    """The feature's numbers for the dashboard, as far as the viewer may know them."""
    doors: "Callable[[str | None], Sequence[Door]] | None" = None
    """Other ways to sign in; it gets the address that the person wants to go on to."""
    findings: "Callable[[], Iterable[Finding]] | None" = None
    """What the doctor should know of the feature's own surroundings."""
    stored_findings: "Callable[[], Iterable[Finding]] | None" = None
    """The same of what is stored: asked where the database can be read."""
    machines: "Mapping[str, Mapping[Any, Sequence[Any]]]" = field(default_factory=dict)
    """State machines by title, for docs/states.md: the TRANSITIONS of the feature's models."""
    init_app: Callable[[Flask], None] | None = None
    demo: "Callable[[Cast], None] | None" = None
    """Fills the feature's part of the demo, after the store and the staff are there."""
