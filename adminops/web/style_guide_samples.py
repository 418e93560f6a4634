"""Invented content of the style guide: people, tickets, a pair, numbers. Nobody here is real."""

from datetime import date
from typing import Any, Final

from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FieldList,
    FileField,
    FormField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import (
    Form as PlainForm,
)
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput, ListWidget

from adminops.pii import Finding, PiiKind, phrases_for
from adminops.web.charts import Span, Stay
from adminops.web.forms import Form, choices
from adminops.web.guarding import marked_in
from adminops.web.marks import marked

ROLES: Final = [
    ("case-manager", "Case manager"),
    ("lead", "Agency lead"),
    ("viewer", "Read-only viewer"),
]
VOICES: Final = [("reply", "Reply to Alicia"), ("note", "Team note")]


class Contact(PlainForm):
    """A form in a form."""

    phone = StringField("Phone")
    best_time = StringField("Best time to call")


class EveryField(Form):
    """One field of every kind the macros draw."""

    name = StringField("Name", [DataRequired()], description="As it stands on the badge.")
    email = EmailField("Work e-mail")
    age = IntegerField("Beds")
    starts_on = DateField("Starts on")
    role = SelectField("Role", choices=choices(ROLES))
    access = RadioField("Access", choices=choices(ROLES), description="One role for each agency.")
    days = SelectMultipleField(
        "Days",
        choices=choices([("mon", "Monday"), ("tue", "Tuesday")]),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    programs = SelectMultipleField(
        "Programs", choices=choices([("es", "Emergency shelter"), ("rrh", "Rapid re-housing")])
    )
    reason = TextAreaField("Reason", description="No names, birth dates or SSNs.")
    password = PasswordField("New password", description="At least 15 characters.")
    upload = FileField("Export", description="A zip of HMIS CSV files.")
    agreed = BooleanField("I have read the user agreement", description="Version 3, from 1 October 2026.")
    contact = FormField(Contact, "Contact")
    aliases = FieldList(StringField("Alias"), "Other names", min_entries=1)
    kind = RadioField("Message type", choices=choices(VOICES), default="reply")


class WrongForm(Form):
    """A form that came back."""

    name = StringField("Name", [DataRequired("Enter the person's name.")])
    email = EmailField("Work e-mail", [DataRequired("Enter the work e-mail address.")])
    role = SelectField("Role", choices=choices([("", "Choose…"), *ROLES]), validators=[DataRequired("Choose a role.")])


class SignIn(Form):
    """What the sign-in page asks for."""

    email = EmailField("E-mail", [DataRequired()])
    password = PasswordField("Password", [DataRequired()])


class TicketProperties(Form):
    """The properties of a ticket that change in place."""

    state = SelectField("Status", choices=choices([("open", "Open"), ("waiting", "Waiting on agency")]))
    assignee = SelectField("Assigned to", choices=choices([("1", "Maya Okafor"), ("2", "Daniel Reyes")]))


class Composer(Form):
    """What one writes in a ticket."""

    kind = RadioField("Message type", choices=choices(VOICES), default="reply")
    body = TextAreaField("Message")


def _person(id_: int, name: str, role: str = "") -> dict[str, Any]:
    return {"id": id_, "name": name, "role": role}


ALICIA: Final = _person(6, "Alicia Kowalski", "Case manager, Lakeview Supportive Housing")
MAYA: Final = _person(1, "Maya Okafor", "Systems administrator")
DANIEL: Final = _person(2, "Daniel Reyes", "Systems analyst")
GRACE: Final = _person(5, "Grace Whitfield")
TOMAS: Final = _person(4, "Tomás Lindqvist")

_TICKETS: Final = (
    ("Same client entered twice at intake: enrollment history is split", "Alicia Kowalski", "open", "high", 149, MAYA),
    ("Two records for one veteran, different birth dates", "Keiko Nguyen", "open", "low", 1212, MAYA),
    ("Certificate not showing after I finished the course", "Jonah Grant", "open", "normal", 1200, GRACE),
    ("Set up new ESG rapid rehousing project", "Gina Figueroa", "new", "normal", 1920, None),
    ("Please deactivate account: staff member left on Friday", "Hector Brooks", "waiting", "normal", None, GRACE),
    ("How do I record a client who declined to give an SSN?", "Quinn Turner", "open", "normal", 325, TOMAS),
    ("Move-in date missing on 14 RRH exits", "Paula Ellison", "new", "urgent", -300, None),
    ("New case manager needs an account by Monday", "Ben Turner", "resolved", "normal", None, DANIEL),
)
_AGENCIES: Final = ("Lakeview Supportive Housing", "Northside Family Center", "Youth Compass", "Bridgeway Outreach")


def _rows() -> list[dict[str, Any]]:
    clocks = {"waiting": "paused", "resolved": "done"}
    return [
        {
            "id": 20000 - index * 37,
            "title": title,
            "requester": requester,
            "agency": _AGENCIES[index % len(_AGENCIES)],
            "state": state,
            "state_label": "Waiting on agency" if state == "waiting" else None,
            "priority": priority,
            "left": left,
            "clock": clocks.get(state, "running"),
            "person": person,
            "updated": f"{2 + index * 7} min ago",
        }
        for index, (title, requester, state, priority, left, person) in enumerate(_TICKETS)
    ]


def _late() -> list[dict[str, Any]]:
    rows = (
        ("Destination error on the annual performance report", -1560, GRACE),
        ("Sign up three staff for privacy training", -1500, None),
        ("APR shows negative length of stay", -1500, DANIEL),
    )
    return [
        {"title": title, "left": left, "agency": _AGENCIES[index], "person": person}
        for index, (title, left, person) in enumerate(rows)
    ]


def _entry(voice: str, person: dict[str, Any] | None, text: str, when: str, **more: Any) -> dict[str, Any]:
    return {"voice": voice, "person": person, "text": text, "when": when, "files": [], **more}


ENTRIES: Final = [
    _entry(
        "requester",
        ALICIA,
        "Hi team,\n\nWe did an intake on Tuesday and I think the person was already in the system from last winter. "
        "Now their shelter stays show on one record and the new rapid rehousing enrollment shows on the other.\n\n"
        "Client IDs are 48213 and 51907. I have not changed anything. Can you put them together?",
        "5 h ago",
    ),
    _entry("", DANIEL, "assigned this to Maya Okafor and set the topic to Duplicate clients", "5 h ago"),
    _entry(
        "note",
        DANIEL,
        "Match score is 94. Note the overlapping shelter stays before merging.",
        "5 h ago",
        files=[("overlap.pdf", "#", "48 kB")],
    ),
    _entry("team", MAYA, "Thank you for leaving both records as they are. That makes this much easier.", "1 h ago"),
    _entry("", None, "The agency replied, so the status went back to Open", "12 min ago"),
]


def _bar(why: str, x: float, width: float) -> dict[str, Any]:
    return {"why": {"value": why}, "x": x, "width": width}


CLOCKS: Final = {
    "rows": [
        {"bars": [_bar("counted", 2, 12)], "due": 16.0, "done": 14.0, "clock": {"missed": False}},
        {
            "bars": [_bar("counted", 2, 18), _bar("waiting", 20, 24), _bar("counted", 44, 20)],
            "due": 84.0,
            "done": None,
            "clock": {"missed": False},
        },
        {"bars": [_bar("counted", 2, 50)], "due": 52.0, "done": None, "clock": {"missed": True}},
    ],
    "marks": [{"label": "Thu", "x": 25.0}, {"label": "Fri", "x": 58.0}],
    "now": 64.0,
}


def _field(key: str, label: str, values: tuple[str, str], state: str, percent: int | None = None) -> dict[str, Any]:
    left, right = marked(*values) if state == "alike" else ([(value, False)] if value else [] for value in values)
    row = {"key": key, "label": label, "state": state, "percent": percent, "chosen": "left"}
    return {**row, "left": left, "right": right}


FIELDS: Final = [
    _field("first", "First name", ("Katherine", "Catherine"), "alike", 93),
    _field("middle", "Middle name", ("Ann", ""), "blank"),
    _field("last", "Last name", ("Sandoval-Reyes", "Sandoval Reyes"), "alike", 97),
    _field("dob", "Date of birth", ("11 March 1987", "17 March 1987"), "alike", 95),
    _field("quality", "Date of birth quality", ("Full date reported", "Full date reported"), "same"),
    _field("ssn", "SSN (last four)", ("•••-••-4471", "•••-••-4471"), "same"),
    _field("gender", "Gender", ("Woman", "Woman"), "same"),
    _field("veteran", "Veteran status", ("No", "Data not collected"), "different"),
]

PAIRS: Final = [
    {"url": "#", "score": score, "left": left, "right": right, "current": score == 94}
    for score, left, right in (
        (94, "Katherine Sandoval-Reyes", "Catherine Sandoval Reyes"),
        (91, "Marcus Delacroix", "Marcus De La Croix"),
        (86, "Thuy Nguyen", "Thuy Linh Nguyen"),
        (83, "Robert Eastman", "Bobby Eastman"),
        (78, "Jasmine Whitlock", "Jazmin Whitlock"),
        (74, "Samuel Okonkwo", "Sam Okonkwo Jr"),
    )
]

REASONS: Final = [
    ("SSN last four", "same", 40, "full"),
    ("Last name", "98% alike", 22, "full"),
    ("First name", "sounds the same", 14, "full"),
    ("Birth date", "1 digit differs", 12, "part"),
    ("Gender", "differs", -4, "against"),
]

CHOICES: Final = [
    ("lock", "I can't sign in", "Password, code, or locked account", "#"),
    ("users", "Staff joining or leaving", "New account, change access, or close an account", "#"),
    ("copy", "A client is in twice", "Tell us the two client IDs", "#"),
    ("circle-alert", "A number looks wrong", "Reports, bed counts, missing data", "#"),
    ("building-2", "Program or funding change", "New project, new grant, new dates", "#"),
    ("graduation-cap", "Training", "Sign up or find a certificate", "#"),
]

WEEKS: Final = (
    "31 Aug", "7 Sep", "14 Sep", "21 Sep", "28 Sep", "5 Oct", "12 Oct", "19 Oct", "26 Oct", "2 Nov", "9 Nov", "16 Nov",
)  # fmt: skip
SERIES: Final = [
    ("Opened", (46, 52, 49, 61, 58, 73, 69, 64, 81, 76, 70, 58)),
    ("Closed", (41, 50, 55, 53, 62, 60, 74, 71, 68, 83, 79, 44)),
]
TOPICS: Final = [
    ("Access and accounts", (2, 2, 57)),
    ("Data quality", (5, 3, 52)),
    ("Programs and funding", (3, 4, 45)),
    ("Duplicate clients", (1, 5, 45)),
    ("Training", (1, 2, 18)),
]
STAYS: Final = [
    Stay("a", "Harbor House Shelter", "Emergency shelter", date(2023, 11, 9), date(2024, 2, 20)),
    Stay("b", "Open Door Rapid Rehousing", "Rapid re-housing", date(2025, 12, 1)),
    Stay("a", "Northside Family Center", "Transitional housing", date(2024, 6, 1), date(2026, 1, 14)),
]
SPANS: Final = [
    Span(
        "Emergency shelter",
        "Harbor House Shelter",
        date(2023, 11, 9),
        date(2024, 7, 20),
        days=tuple(date(2023, month, day) for month in (11, 12) for day in (10, 17, 24)),
        clashes=((date(2024, 6, 1), date(2024, 7, 19)),),
    ),
    Span(
        "Transitional housing",
        "Northside Family Center",
        date(2024, 6, 1),
        date(2026, 1, 14),
        clashes=((date(2024, 6, 1), date(2024, 7, 19)),),
    ),
    Span("Rapid re-housing", "Open Door Rapid Rehousing", date(2025, 12, 1), moved_in=date(2026, 1, 14)),
]
TABS: Final = [
    {"label": "Mine", "url": "#", "count": 45},
    {"label": "Unassigned", "url": "#", "count": 51},
    {"label": "Late or due soon", "url": "#", "count": 36},
    {"label": "All open", "url": "#", "count": 320, "current": True},
    {"label": "Everything", "url": "#", "count": 20000},
]
EMPTIES: Final = [
    ("search", "No tickets match", "Try fewer filters, or search everything instead of this view."),
    ("inbox", "Nothing waits for you", "New tickets appear here as they arrive."),
    ("pair", "No pairs to review", "The next scan runs tonight."),
    ("people", "No accounts yet", "Accounts appear when an agency asks for them."),
    ("document", "No manuals yet", "Write the first one, or import a folder."),
    ("calendar", "No classes planned", "Publish a class and people can sign up."),
    ("done", "All done", "Every import of this week was read."),
]


def _guarded() -> dict[str, Any]:
    """Return what a form shows in whose text something was found."""
    text = "Please merge Marisol Quintavera, DOB 3/17/1984, with the newer record."
    found = (Finding(13, 31, PiiKind.NAME, "client 48213"), Finding(37, 46, PiiKind.BIRTH_DATE))
    return {
        "was_replaced": False,
        "marked": [marked_in("body", "Message", text, finding) for finding in found],
        "phrases": phrases_for(found),
    }


def samples() -> dict[str, Any]:
    """Return everything the sample templates show. The forms are new for each page."""
    wrong = WrongForm(formdata=None, meta={"csrf": False}, prefix="wrong-")
    wrong.validate()
    wrong.refuse("An account with this address is being set up already.")
    return {
        "rows": _rows(),
        "late": _late(),
        "entries": ENTRIES,
        "fields": FIELDS,
        "left": _record("48213", "Kept record", "9 Nov 2023, Harbor House Shelter", "4 enrollments, 61 services"),
        "right": _record("51907", "Merged into it", "17 Nov 2026, Open Door Rehousing", "1 enrollment, 3 services"),
        "pairs": PAIRS,
        "reasons": REASONS,
        "choices": CHOICES,
        "weeks": WEEKS,
        "series": SERIES,
        "topics": TOPICS,
        "stays": STAYS,
        "clocks": CLOCKS,
        "spans": SPANS,
        "today": date(2026, 11, 20),
        "tabs": TABS,
        "empties": EMPTIES,
        "guarded": _guarded(),
        "form": EveryField(formdata=None, meta={"csrf": False}),
        "wrong": wrong,
        "composer": Composer(formdata=None, meta={"csrf": False}, prefix="composer-"),
        "ticket": TicketProperties(formdata=None, meta={"csrf": False}, prefix="ticket-"),
        "sign_in": SignIn(formdata=None, meta={"csrf": False}, prefix="sign-in-"),
    }


def _record(id_: str, role: str, created: str, size: str) -> dict[str, Any]:
    return {"title": f"Client {id_}", "role": role, "facts": [f"Created {created}", size]}
