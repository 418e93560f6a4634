"""The desk's part of the demo: 600 tickets that were filed and worked on over the last 90 days.

Each ticket is a small life that says when its next step comes; the steps of all are taken in the order of time, by the
verbs that people use.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from random import Random
from typing import Any

from sqlalchemy import and_, select, update
from sqlalchemy.orm import aliased

from adminops import clock
from adminops.db import db
from adminops.demo.cast import Cast
from adminops.errors import Invalid
from adminops.feature import RequestGroup, RequestType
from adminops.hmis.models import Client
from adminops.identity.models import SYSTEM, ApiToken, User
from adminops.identity.tokens import TokenScope, make_token
from adminops.web.navigation import registry
from tickets import operations, saving, scenes, tagging
from tickets.absences.operations import enter_absence
from tickets.absences.queries import office_day
from tickets.approvals import Step, asked_now
from tickets.cases.demo import write_cases
from tickets.catalogue import all_types
from tickets.checklist.operations import tick
from tickets.checklist.queries import checklist_of
from tickets.clocks import Calendar
from tickets.deciding import approve
from tickets.demo_talk import converse
from tickets.goals.operations import warn
from tickets.goals.queries import office_calendar
from tickets.importing.demo import show_import
from tickets.mail.demo import bring_mails
from tickets.models import Channel, Priority, Then, Ticket, TicketState, WaitingOn
from tickets.policies import REOPEN_WITHIN
from tickets.problems.demo import tell_of_problems
from tickets.queues.operations import save_queue
from tickets.queues.rules import Rule
from tickets.resolving.operations import show_evidence
from tickets.scenes import Scene
from tickets.spent.models import Activity
from tickets.spent.operations import note_time
from tickets.survey.demo import answer_surveys
from tickets.type_versions import INCIDENT
from tickets.webhooks.demo import show_webhooks

TICKETS = 600
DAY_MINUTES = 9 * 60
DAYS = 90
SHARES = {
    "locked_out": 20,
    "new_account": 5,
    "deactivate_account": 5,
    "access_change": 3,
    "merge_clients": 14,
    "wrong_number": 14,
    "data_correction": 12,
    "new_program": 2,
    "program_change": 2,
    "close_program": 2,
    "training_question": 9,
    "fault": 3,
    "something_else": 9,
}
#: Who works on what: the first is the likeliest.
WORKERS = {
    "merge_clients": ("maya", "grace", "tomas"),
    "new_program": ("maya", "grace"),
    "program_change": ("maya", "grace"),
    "close_program": ("maya", "grace"),
    "training_question": ("ruth", "tomas"),
    "wrong_number": ("grace", "maya", "tomas"),
}
ANYBODY = ("tomas", "grace", "maya")
OTHERS = (WaitingOn.VENDOR, WaitingOn.VENDOR, WaitingOn.AGENCY, WaitingOn.APPROVAL)

TAGS: dict[str, Callable[[Ticket], bool]] = {
    "vendor": lambda ticket: ticket.waiting_on is WaitingOn.VENDOR,
    "year-end": lambda ticket: ticket.request_type == "wrong_number",
    "call-back": lambda ticket: ticket.id % 11 == 0,
}
QUEUES = {
    "Accounts": (RequestGroup.SIGNING_IN, RequestGroup.STAFF),
    "Client records": (RequestGroup.CLIENTS,),
    "Programs and reports": (RequestGroup.PROGRAMS, RequestGroup.NUMBERS),
}
GIVEN_IN_TURN = ("Accounts", ("tomas", "grace", "ruth"))
"""A queue that gives its tickets out, and to whom."""
GIVEN_OUT = 2
"""So many of the tickets come in at the end, and are given out by that queue."""
VIEWS = {"Merges": "is:open type:merge", "At the vendor": "is:waiting waiting:vendor", "New today": "created:today"}

TOKENS = (
    ("maya", "Data warehouse, each night", list(TokenScope)[:1], 40),
    ("maya", "Forms on our web site", list(TokenScope), 12),
    ("tomas", "Telephone system", list(TokenScope), 3),
)
"""Who has tokens, for what, and how many days ago they were made."""

Steps = Generator[datetime, None, datetime]
"""Moments at which something happens; in the end the last of them."""


@dataclass(frozen=True)
class Stage:
    """What all tickets of the demo share: who is there, the office's hours, clients that may be in twice."""

    cast: Cast
    hours: Calendar
    look_alikes: Sequence[tuple[str, str]]


def fill(cast: Cast, *, tickets: int = TICKETS) -> None:
    """File and work on the demo's tickets."""
    kinds = {kind.key: kind for kind in all_types(registry().features) if kind.key in scenes.SCENES and not kind.start}
    chance = Random(cast.chance.getrandbits(64))
    stage = Stage(cast, office_calendar(), _look_alikes(cast.source_id) or [("48213", "51907")])
    joiners = [joiner for joiner in scenes.JOINERS if joiner[0] < len(cast.agencies)]
    drawn = _drawn(kinds, chance, tickets - GIVEN_OUT - len(joiners))
    lives = [Life(stage, kinds[key], Random(chance.getrandbits(64))) for key in drawn]
    steps = [(next(life), number, life) for number, life in enumerate(life.steps() for life in lives)]
    heapify(steps)
    while steps:
        moment, number, life = heappop(steps)
        if moment >= cast.now:
            continue
        with clock.frozen_at(moment), suppress(Invalid):  # a client of this seed has the name of a colleague: no more
            following = None
            following = next(life, None)
        if following is not None:
            heappush(steps, (max(following, moment), number, life))
    _send_to_redactors(cast)
    _sort_out(cast)
    _give_out(stage, kinds["locked_out"])
    converse(cast, next((kind for kind in all_types(registry().features) if kind.key == INCIDENT), None))
    _warn(cast.now)
    tell_of_problems(cast)
    write_cases(cast)
    answer_surveys(cast)
    with clock.frozen_at(cast.days_ago(1)):
        show_import(cast["maya"])
    _tick(cast)
    _let_programs_in(cast)
    _ask_for_accounts(cast, kinds["new_account"], joiners)
    every = {kind.key: kind for kind in all_types(registry().features)}
    cast.afterwards.append(lambda: _ask_for_changes(cast, every))
    bring_mails(cast)
    show_webhooks(cast)


def _ask_for_accounts(cast: Cast, kind: RequestType, joiners: Sequence[tuple[int, float, str, str]]) -> None:
    """Let leads ask for accounts whose requests wait today; the team has agreed to the first two."""
    for number, (agency, days, name, title) in enumerate(joiners):
        lead = cast.lead_of(cast.agencies[agency])
        mail = f"{name.casefold().replace(' ', '.')}@agency{agency}.example.org"
        with clock.frozen_at(cast.days_ago(days)):
            ticket = operations.file_ticket(
                kind=kind,
                subject=f"Account for our new {title.lower()}",
                body="The first day is in two weeks, and the background check is on file with us.",
                answers={
                    "person": name,
                    "job_title": title,
                    "work_email": mail,
                    "employment": "staff",
                    "role": "direct",
                    "background_check": number != 2,
                },
                by=lead,
            )
        if number < 2:
            with clock.frozen_at(cast.days_ago(days - 1)):
                approve(ticket, by=cast["maya"])


def _ask_for_changes(cast: Cast, kinds: Mapping[str, RequestType]) -> None:
    """Let leads ask for changes of accounts that wait today, each for somebody else."""
    for agency, days, key, subject, body, answers in scenes.CHANGES:
        lead = cast.lead_of(cast.agencies[agency])
        person = next(iter(cast.staff.get(cast.agencies[agency].id, ())), None)
        if person is None:
            continue
        named = {"username": person.username, "on": cast.days_ago(days).date().isoformat(), **answers}
        if named.get("agency"):
            named["agency"] = str(cast.agencies[int(named["agency"])].id)
        with clock.frozen_at(cast.days_ago(days)):
            operations.file_ticket(kind=kinds[key], subject=subject, body=body, answers=named, by=lead)


def _send_to_redactors(cast: Cast) -> None:
    """Let two requesters answer with what the guard stops, and leave it to the redactors."""
    asked = select(Ticket).where(Ticket.is_open, Ticket.agency_id.is_not(None))
    first = asked.order_by(Ticket.state != TicketState.WAITING, Ticket.id.desc()).limit(len(scenes.HELD))
    for ticket, body in zip(db.session.scalars(first), scenes.HELD, strict=False):
        with clock.frozen_at(cast.now - timedelta(minutes=20)):
            operations.reply(ticket, body=body, to_redactors=True, by=ticket.requester)


def _warn(now: datetime) -> None:
    """Give the warnings that are due, as the job would have by now."""
    with clock.frozen_at(now):
        for ticket in db.session.scalars(select(Ticket).where(Ticket.next_step_at <= now).order_by(Ticket.id)).all():
            warn(ticket, by=SYSTEM)


def _sort_out(cast: Cast) -> None:
    """Tag what is open, put request types into queues, and share the views that a desk has."""
    maya = cast["maya"]
    for name, groups in QUEUES.items():
        kinds = [kind.key for kind in all_types(registry().features) if kind.group in groups]
        people = [cast[who] for who in GIVEN_IN_TURN[1]] if name == GIVEN_IN_TURN[0] else []
        rule = Rule.IN_TURN if people else Rule.MANUAL
        save_queue(None, name=name, request_types=kinds, rule=rule, members=people, by=maya)
    for ticket in db.session.scalars(select(Ticket).where(Ticket.is_open).order_by(Ticket.id)):
        for tag in [name for name, fits in TAGS.items() if fits(ticket)]:
            tagging.tag(ticket, name=tag, by=maya)
    for name, query in VIEWS.items():
        saving.save_view(name=name, query=query, shared=True, by=maya)


def _give_out(stage: Stage, kind: RequestType) -> None:
    """Let one of a queue be away, and let two requests come in that it gives to the others."""
    cast = stage.cast
    ruth, tomas = cast["ruth"], cast["tomas"]
    with clock.frozen_at(cast.now - timedelta(minutes=50)):
        today = office_day()
        enter_absence(ruth, first_day=today, last_day=today + timedelta(days=9), substitute=tomas, by=ruth)
        for _ in range(GIVEN_OUT):
            next_one = Life(stage, kind, Random(cast.chance.getrandbits(64)))
            with suppress(Invalid):
                next_one.file()


def _tick(cast: Cast) -> None:
    """Let those who work on open tickets have done the first half of their checklists."""
    worked = select(Ticket).where(Ticket.is_open, Ticket.assignee_id.is_not(None)).order_by(Ticket.id)
    with clock.frozen_at(cast.now - timedelta(minutes=30)):
        for ticket in db.session.scalars(worked).all():
            steps = dict.fromkeys(checklist_of(ticket))
            for place in range(1, len(steps) // 2 + 1):
                tick(ticket, place, by=ticket.assignee or cast["tomas"])


def _let_programs_in(cast: Cast) -> None:
    """Give two persons tokens for their programs. Nobody knows what they say: they were shown once."""
    for who, name, scopes, days in TOKENS:
        with clock.frozen_at(cast.days_ago(days)):
            make_token(name=name, scopes=scopes, lives=timedelta(days=days + 60), by=cast[who])
    used = update(ApiToken).where(ApiToken.user_id == cast["maya"].id).values(last_used_at=cast.days_ago(0.02))
    db.session.execute(used.execution_options(synchronize_session=False))


def _drawn(kinds: dict[str, RequestType], chance: Random, tickets: int) -> list[str]:
    keys = [key for key in SHARES if key in kinds]
    return chance.choices(keys, [SHARES[key] for key in keys], k=tickets)


def _look_alikes(source_id: int) -> list[tuple[str, str]]:
    """Return the PersonalIDs of client records that may be one person: of one birth date and last name."""
    one, other = aliased(Client), aliased(Client)
    alike = (
        select(one.personal_id, other.personal_id)
        .join(other, and_(other.source_id == one.source_id, other.dob == one.dob, other.last_key == one.last_key))
        .where(one.source_id == source_id, one.id < other.id, one.last_key != "")
        .order_by(one.id, other.id)
        .limit(200)
    )
    return [(first, second) for first, second in db.session.execute(alike)]


class Life:
    """One ticket from its filing to where it stands today."""

    def __init__(self, stage: Stage, kind: RequestType, chance: Random) -> None:
        self.cast, self.hours, self.kind, self.chance = stage.cast, stage.hours, kind, chance
        self.scene: Scene = chance.choice(scenes.SCENES[kind.key])
        self.requester = self._requester()
        self.worker = self._worker()
        self.words = self._words(stage.look_alikes)

    def steps(self) -> Steps:
        """Yield when the next step comes; it is taken when the time has come."""
        at = self._filed_at()
        yield at
        ticket = self.file()
        at = yield from self._approve(ticket, at)
        at = yield from self._take_up(ticket, at)
        at = yield from self._work(ticket, at)
        at = yield from self._resolve(ticket, at)
        yield at + REOPEN_WITHIN + timedelta(minutes=30)
        operations.close(ticket, by=SYSTEM)
        return at

    def file(self) -> Ticket:
        """File it."""
        return operations.file_ticket(
            kind=self.kind,
            subject=self._say(self.scene.subject),
            body=self._say(self.scene.body),
            answers={name: text.format(**self.words) for name, text in self.scene.answers.items()},
            **self._filed_by(),
        )

    def _approve(self, ticket: Ticket, at: datetime) -> Steps:
        while (asked := asked_now(ticket)) is not None:
            yield (at := self._later(at, 20, 2 * DAY_MINUTES))
            lead = self.cast.leads[ticket.agency_id or 0] if asked.step is Step.AGENCY else self.cast["maya"]
            approve(ticket, by=lead)
        return at

    def _take_up(self, ticket: Ticket, at: datetime) -> Steps:
        yield (at := self._later(at, 10, 2 * DAY_MINUTES))
        if self._happens(0.06):
            operations.set_priority(ticket, self.chance.choice((Priority.URGENT, Priority.LOW)), by=self.worker)
        operations.assign(ticket, self.worker, by=self.cast["tomas"] if self._happens(0.2) else self.worker)
        if self.scene.note and self._happens(0.6):
            yield (at := self._later(at, 5, 90))
            operations.write_note(ticket, body=self._say(self.scene.note), by=self.worker)
        return at

    def _work(self, ticket: Ticket, at: datetime) -> Steps:
        if self.scene.question and self._happens(0.4):
            yield (at := self._later(at, 10, 200))
            operations.reply(ticket, body=self._say(self.scene.question), then=Then.WAIT, by=self.worker)
            yield (at := self._later(at, 30, 3 * DAY_MINUTES))
            operations.reply(ticket, body=self._say(self.scene.reply), by=self.requester)
        if self._happens(0.22):
            yield (at := self._later(at, 20, 300))
            operations.reply(ticket, body=self.chance.choice(scenes.STILL_ON_IT), by=self.worker)
            if self._happens(0.6):
                operations.wait_on(ticket, self.chance.choice(OTHERS), by=self.worker)
            yield (at := self._later(at, 2 * DAY_MINUTES, 24 * DAY_MINUTES))
        return at

    def _resolve(self, ticket: Ticket, at: datetime) -> Steps:
        yield (at := self._later(at, 15, self.kind.target_hours * 75))
        if self._happens(0.5):
            activity = self.chance.choice(list(Activity))
            note_time(ticket, minutes=5 * self.chance.randrange(1, 15), activity=activity, by=self.worker)
        if self.kind.closing == "evidence":
            show_evidence(ticket, body=scenes.EVIDENCE, by=self.worker)
        ended = self.chance.choices(scenes.ENDINGS, scenes.ENDING_SHARES)[0]
        operations.reply(ticket, body=self._say(self.scene.answer), then=Then.RESOLVE, resolution=ended, by=self.worker)
        if self._happens(0.05):
            yield (at := self._later(at, 60, 5 * DAY_MINUTES))
            operations.reply(ticket, body=self.chance.choice(scenes.BACK_AGAIN), by=self.requester)
            yield (at := self._later(at, 60, 2 * DAY_MINUTES))
            operations.reply(ticket, body="It should be right now.", then=Then.RESOLVE, by=self.worker)
        return at

    def _filed_by(self) -> dict[str, Any]:
        """Return who files it: the requester mostly; one in eight is taken down by the help desk."""
        if not self._happens(0.12):
            return {"by": self.requester}
        channel = Channel.PHONE if self._happens(0.8) else Channel.WALK_IN
        return {"by": self.cast["tomas"], "requester": self.requester, "channel": channel}

    def _requester(self) -> User:
        agency = self.chance.choice(self.cast.agencies)
        lead = self.cast.lead_of(agency)
        through_lead = self.kind.through_lead and self._happens(0.4)
        staff = [user for user in self.cast.staff.get(agency.id, ()) if through_lead or self._may_ask(user)]
        return self.chance.choice(staff) if staff and self._happens(0.85) else lead

    def _may_ask(self, user: User) -> bool:
        return self.kind.audience is None or user.may(self.kind.audience)

    def _worker(self) -> User:
        likely = WORKERS.get(self.kind.key, ANYBODY)
        weights = [4, 2, 1][: len(likely)]
        return self.cast[self.chance.choices(likely, weights)[0]]

    def _words(self, look_alikes: Sequence[tuple[str, str]]) -> dict[str, Any]:
        colleagues = [user for user in self.cast.staff.get(self.requester.agency_id or 0, ()) if user.username != "ben"]
        client, other = self.chance.choice(look_alikes)
        return {
            "client": client,
            "other": other,
            "program": self.chance.choice(scenes.PROGRAMS),
            "report": self.chance.choice(scenes.REPORTS),
            "month": self.chance.choice(scenes.MONTHS),
            "day": self.chance.choice(scenes.DAYS),
            "count": self.chance.randrange(3, 25),
            "colleague": self.chance.choice(scenes.COLLEAGUES),
            "username": self.chance.choice(colleagues).username if colleagues else self.requester.username,
            "first_name": self.requester.name.partition(" ")[0],
        }

    def _happens(self, likelihood: float) -> bool:
        return self.chance.random() < likelihood

    def _say(self, text: str) -> str:
        said = text.format(**self.words)
        return said[:1].upper() + said[1:]

    def _filed_at(self) -> datetime:
        """Return some moment of the last days, mostly in office hours, now and then in the evening."""
        start = self.cast.days_ago(DAYS)
        minute = self.chance.randrange(self.hours.minutes(start, self.cast.now))
        evening = timedelta(hours=self.chance.randrange(1, 12)) if self._happens(0.1) else timedelta()
        return self.hours.add(start, timedelta(minutes=minute)) + timedelta(seconds=self.chance.randrange(60)) + evening

    def _later(self, at: datetime, least: int, most: int) -> datetime:
        """Return a moment so many office minutes later, sooner rather than later."""
        minutes = least + int((most - least) * self.chance.random() ** 1.7)
        return self.hours.add(at, timedelta(minutes=minutes)) + timedelta(seconds=self.chance.randrange(60))
