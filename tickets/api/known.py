"""What is broken for many, and what the vendor has to do about it."""

from collections.abc import Mapping
from typing import Any

from adminops.api.routes import Answer, Asked
from adminops.api.shapes import day, number, or_null, record, several, text, truth, word
from adminops.errors import Invalid, NotFound
from adminops.identity.models import User
from adminops.web.navigation import registry
from tickets import queries as tickets
from tickets.api.acts import Sent, act
from tickets.api.asking import CONFIRMED
from tickets.api.offering import ASK, dated, does, reads
from tickets.api.reading import CURSOR, NEXT, paged
from tickets.bulk import operations as bulk
from tickets.bulk.models import Act
from tickets.cases import operations as case_verbs
from tickets.cases import queries as cases
from tickets.cases.models import CaseState, VendorCase
from tickets.catalogue import all_types
from tickets.forms import LONGEST_TEXT
from tickets.models import Then, Ticket
from tickets.problems import operations as problem_verbs
from tickets.problems import queries as problems
from tickets.problems.models import KnownProblem, ProblemState

# Known problems

_TITLE = text("What is broken, in a few words", least=1, most=120)
_BODY = text("What people see, and what they can do meanwhile", least=1, most=4_000)
_PROBLEM = record(
    "A known problem",
    {
        "id": number("Its number"),
        "title": text("What is broken"),
        "body": text("What people see", most=LONGEST_TEXT),
        "state": word("Where it stands", ProblemState),
        "since": day("Since when"),
        "until": or_null(day("By when it should be over")),
        "request_types": several(text("A key"), "Who asks for one of these may mean it; none: any"),
        "agency_ids": several(number("An agency"), "Whom it concerns; none: all"),
        "on_banner": truth("Whether it is told above every page of those concerned"),
    },
)
_WRITTEN_DOWN = record(
    "A known problem",
    {
        "title": _TITLE,
        "body": _BODY,
        "since": day("Since when"),
        "until": or_null(day("By when it should be over")),
        "request_types": several(text("A key", most=60), "Who asks for one of these may mean it", most=100),
        "agency_ids": several(number("An agency"), "Whom it concerns; none: all", most=1_000),
        "on_banner": truth("Whether it is told above every page of those concerned"),
        "confirmed_clean": CONFIRMED,
    },
    optional=("until", "request_types", "agency_ids", "on_banner", "confirmed_clean"),
)
_NUMBERED = record("A known problem", {"id": number("Its number"), "state": word("Where it stands", ProblemState)})


@reads(
    "/problems",
    "List known problems",
    record("Known problems", {"problems": several(_PROBLEM, "The newest first"), "next": NEXT}),
    needs=ASK,
    query={"state": word("Which ones", ProblemState), "cursor": CURSOR},
)
def list_problems(asked: Asked) -> Answer:
    """Return a page of what is broken, or was."""
    state = ProblemState(asked.query.get("state", ProblemState.OPEN))
    page = problems.list_problems(asked.user, state, after=asked.query.get("cursor"))
    return paged("problems", [_problem(row) for row in page.rows], page, asked)


@reads("/problems/<int:problem_id>", "Show a known problem", _PROBLEM, needs=ASK)
def show_problem(asked: Asked) -> Answer:
    """Return a known problem; `problem:12` finds the tickets about it."""
    return Answer(_problem(_get_problem(asked)))


@does("POST", "/problems", "Write a known problem down", _NUMBERED, body=_WRITTEN_DOWN)
def add_problem(asked: Asked) -> Answer:
    """Write a problem down."""
    return _save_problem(None, asked)


@does("PUT", "/problems/<int:problem_id>", "Change a known problem", _NUMBERED, body=_WRITTEN_DOWN)
def change_problem(asked: Asked) -> Answer:
    """Change words, dates or those concerned."""
    return _save_problem(_get_problem(asked), asked)


@does(
    "POST",
    "/problems/<int:problem_id>/me-too",
    "Say that one has a known problem, too",
    _NUMBERED,
    needs=ASK,
    body=record("Where", {"ticket_id": or_null(number("The ticket that is about it, if one is"))}),
    about="It is taken off a ticket as a link: known_problem:12.",
)
def have_problem(asked: Asked) -> Answer:
    """Say so for oneself, or of a ticket."""
    problem, number_ = _get_problem(asked), asked.body["ticket_id"]
    ticket = _ticket(number_, asked.user) if number_ is not None else None
    problem_verbs.have_it_too(problem, ticket=ticket, by=asked.user)
    return _standing(problem)


@does(
    "POST",
    "/problems/<int:problem_id>/solved",
    "Call a known problem solved",
    record(
        "The problem",
        {
            **_NUMBERED["properties"],
            "bulk_id": or_null(number("The planned message: look at it under /bulk, then start it")),
        },
    ),
    body=record(
        "What to tell",
        {
            "body": text("The message on the tickets about it; empty: none", most=LONGEST_TEXT),
            "resolve": truth("Whether these tickets are resolved with it"),
            "confirmed_clean": CONFIRMED,
        },
        optional=("body", "resolve", "confirmed_clean"),
    ),
)
def solve_problem(asked: Asked) -> Answer:
    """Call it solved, and plan one message on all tickets about it."""
    problem, sent = _get_problem(asked), asked.body
    ids = problems.linked_ids(problem, asked.user)
    problem_verbs.solve_problem(problem, by=asked.user)
    planned = None
    if ids and sent.get("body"):
        then = Then.RESOLVE if sent.get("resolve", False) else Then.NOTHING
        value = {"confirmed": sent.get("confirmed_clean", False), "then": then.value}
        planned = bulk.plan(ids, Act.REPLY, value=value, body=sent["body"], by=asked.user).id
    return Answer({"id": problem.id, "state": problem.state.value, "bulk_id": planned})


@does("POST", "/problems/<int:problem_id>/reopen", "Open a known problem again", _NUMBERED)
def reopen_problem(asked: Asked) -> Answer:
    """Open it again."""
    problem = _get_problem(asked)
    problem_verbs.reopen_problem(problem, by=asked.user)
    return _standing(problem)


def _get_problem(asked: Asked) -> KnownProblem:
    return problems.get_problem(asked.path["problem_id"], asked.user)


def _save_problem(problem: KnownProblem | None, asked: Asked) -> Answer:
    sent = dict(asked.body)
    kinds = {kind.key for kind in all_types(registry().features)}
    known = {choice.id for choice in tickets.agencies()}
    if not kinds.issuperset(sent.get("request_types", ())):
        raise Invalid("There is no such request type.", field="request_types")
    if not known.issuperset(sent.get("agency_ids", ())):
        raise Invalid("There is no such agency.", field="agency_ids")
    sent["agency_ids"] = [str(id_) for id_ in sent.get("agency_ids", ())]
    saved = problem_verbs.save_problem(problem, **{**sent, **dated(sent, "since", "until")}, by=asked.user)
    return _standing(saved)


def _standing(problem: KnownProblem) -> Answer:
    return Answer({"id": problem.id, "state": problem.state.value})


def _problem(row: KnownProblem) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "body": row.body,
        "state": row.state.value,
        "since": row.since.isoformat(),
        "until": row.until.isoformat() if row.until else None,
        "request_types": row.request_types,
        "agency_ids": [int(id_) for id_ in row.agency_ids],
        "on_banner": row.on_banner,
    }


# Cases at the vendor

_CASE = {
    "vendor": text("Whose it is", least=1, most=80),
    "number": text("The number that they gave it", least=1, most=40),
    "title": text("What it is about", least=1, most=150),
    "state": word("Where it stands", CaseState),
    "promised_on": or_null(day("For which day it is promised")),
    "release": text("The version that brings it", most=40),
}
_CASE_TOLD = record("A case", {"id": number("Its number here"), **_CASE})
_CASE_SENT = record(
    "A case",
    {**_CASE, "confirmed_clean": CONFIRMED},
    optional=("state", "promised_on", "release", "confirmed_clean"),
)
_CASE_NUMBERED = record("The case", {"id": number("Its number here"), "state": word("Where it stands", CaseState)})


@reads(
    "/vendor-cases",
    "List cases at the vendor",
    record("Cases", {"vendor_cases": several(_CASE_TOLD, "The newest first"), "next": NEXT}),
    query={"show": word("Which ones", cases.Which), "cursor": CURSOR},
)
def list_vendor_cases(asked: Asked) -> Answer:
    """Return a page of the cases."""
    which = cases.Which(asked.query.get("show", cases.Which.OPEN))
    page = cases.list_cases(which, after=asked.query.get("cursor"))
    return paged("vendor_cases", [_case(row) for row in page.rows], page, asked)


@reads("/vendor-cases/<int:case_id>", "Show a case at the vendor", _CASE_TOLD)
def show_vendor_case(asked: Asked) -> Answer:
    """Return a case; `case:12` finds the tickets that wait for it."""
    return Answer(_case(cases.get_case(asked.path["case_id"])))


@does("POST", "/vendor-cases", "Write a case at the vendor down", _CASE_NUMBERED, body=_CASE_SENT)
def add_vendor_case(asked: Asked) -> Answer:
    """Write a case down."""
    return _save_case(None, asked.body, asked.user)


@does("PUT", "/vendor-cases/<int:case_id>", "Change a case at the vendor", _CASE_NUMBERED, body=_CASE_SENT)
def change_vendor_case(asked: Asked) -> Answer:
    """Change what was promised and where it stands; what is left out becomes as for a new one."""
    return _save_case(cases.get_case(asked.path["case_id"]), asked.body, asked.user)


@act(
    "POST",
    "vendor",
    "Let a ticket wait on the vendor, with its case",
    body=record("Which", {"case_id": number("The case's number here")}),
)
def pass_to_vendor(ticket: Ticket, sent: Sent, user: User) -> None:
    """Link a ticket to a case and let it wait; the link is taken off as vendor_case:12."""
    try:
        case = cases.get_case(sent["case_id"])
    except NotFound as missing:
        raise Invalid(missing.sentence, field="case_id") from None
    case_verbs.pass_to_vendor(ticket, case, by=user)


def _save_case(case: VendorCase | None, sent: Mapping[str, Any], user: User) -> Answer:
    state = CaseState(sent["state"]) if "state" in sent else case.state if case else CaseState.WITH_VENDOR
    values = {**sent, **dated(sent, "promised_on"), "state": state}
    saved = case_verbs.save_case(case, **values, by=user)
    return Answer({"id": saved.id, "state": saved.state.value})


def _case(row: VendorCase) -> dict[str, Any]:
    promised = row.promised_on.isoformat() if row.promised_on else None
    told = {"vendor": row.vendor, "number": row.number, "title": row.title, "release": row.release}
    return {"id": row.id, **told, "state": row.state.value, "promised_on": promised}


def _ticket(number_: int, user: User) -> Ticket:
    try:
        return tickets.get_ticket(number_, user)
    except NotFound as missing:
        raise Invalid(missing.sentence, field="ticket_id") from None
