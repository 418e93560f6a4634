"""Clocks: what a person would say of a ticket's life, and laws that hold for every one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.test_calendars import ALWAYS, OFFICE, WITH_LUNCH, calendars, here
from tickets.clocks import Calendar, Clocks, Event, Policy, Step, Target, Told, Why, run, warnings_of
from tickets.clocks.picture import BROADEST, draw
from tickets.clocks.words import explain, outcome
from tickets.models import Happening, Priority, TicketState, WaitingOn

H, S, W = Happening, TicketState, WaitingOn
POLICY = Policy(
    targets={level: Target(60, 120, None) for level in Priority} | {Priority.URGENT: Target(30, 60, 240)},
    pauses=frozenset({W.USER, W.VENDOR}),
    steps=(Step(-30, Told.ASSIGNEE), Step(0, Told.ASSIGNEE), Step(120, Told.MANAGER)),
)


def life(
    *steps: tuple[str, Happening, TicketState] | tuple[str, Happening, TicketState, WaitingOn], promised: int = 480
) -> list[Event]:
    """Return events of a ticket of normal priority, filed at nine on Monday 9 November 2026."""
    filed = Event(here("2026-11-09 09:00"), H.FILED, S.NEW, None, Priority.NORMAL, promised)
    told = [
        Event(here(f"2026-11-{at}"), what, state, whom[0] if whom else None, Priority.NORMAL)
        for at, what, state, *whom in steps
    ]
    return [filed, *told]


def at(text: str, events: list[Event], calendar: Calendar = OFFICE, policy: Policy = POLICY) -> Clocks:
    """Return the clocks at a wall-clock time of November 2026."""
    return run(events, calendar, policy, here(f"2026-11-{text}"))


# Replies


def test_first_reply_is_due_from_the_filing_and_met_by_an_answer() -> None:
    events = life(("09 09:45", H.ANSWERED, S.NEW), ("09 09:45", H.MOVED, S.OPEN))
    first = at("09 12:00", events).first
    assert (first.due_at, first.done_at, first.missed) == (here("2026-11-09 10:00"), here("2026-11-09 09:45"), False)
    assert outcome(first) == "in 45 min, 15 min to spare"


def test_waiting_is_no_answer_so_the_reply_stays_due() -> None:
    clocks = at("09 12:00", life(("09 09:10", H.MOVED, S.WAITING, W.VENDOR)))
    assert clocks.first.runs
    assert clocks.first.minutes_left == -120
    assert not clocks.solution.runs


def test_resolving_answers() -> None:
    clocks = at("10 12:00", life(("09 11:30", H.MOVED, S.RESOLVED)))
    assert (clocks.first.done_at, clocks.first.missed) == (here("2026-11-09 11:30"), True)
    assert clocks.reply is None


def test_next_reply_runs_from_the_oldest_message_that_was_not_answered() -> None:
    events = life(
        ("09 09:30", H.ASKED, S.NEW),  # before the first reply: that one is due, not two
        ("09 09:45", H.ANSWERED, S.NEW),
        ("09 13:00", H.ASKED, S.OPEN),
        ("09 14:00", H.ASKED, S.OPEN),
    )
    clocks = at("09 14:30", events)
    assert [clock.start for clock in clocks.later] == [here("2026-11-09 13:00")]
    assert clocks.reply is not None
    assert clocks.reply.due_at == here("2026-11-09 15:00")
    answered = at("09 15:00", [*events, *life(("09 14:40", H.ANSWERED, S.OPEN))[1:]])
    assert answered.reply is None


# The solution


def test_waits_that_the_policy_names_are_taken_out_and_others_count() -> None:
    rests = life(("09 10:00", H.MOVED, S.WAITING, W.USER), ("09 12:00", H.MOVED, S.OPEN))
    counts = life(("09 10:00", H.MOVED, S.WAITING, W.APPROVAL), ("09 12:00", H.MOVED, S.OPEN))
    assert at("09 13:00", rests).solution.due_at == here("2026-11-10 10:00")
    assert at("09 13:00", counts).solution.due_at == here("2026-11-09 17:00")


def test_clock_at_rest_has_no_due_time_but_knows_what_is_left() -> None:
    solution = at("12 13:00", life(("09 10:00", H.MOVED, S.WAITING, W.USER))).solution
    assert (solution.due_at, solution.runs, solution.minutes_left) == (None, False, 7 * 60)
    assert explain(solution) == (
        "The clock rests. 7 h of 8 h of working time from Mon 9 Nov, 9:00 am are left, and run on when nobody is "
        "waited for. Not counted: 21 h waiting on requester and Veterans Day (Wed 11 Nov)."
    )


def test_target_that_is_used_up_at_the_moment_of_a_wait_was_due_then() -> None:
    solution = at("10 12:00", life(("09 10:00", H.MOVED, S.WAITING, W.USER), promised=60)).solution
    assert (solution.due_at, solution.runs, solution.missed) == (here("2026-11-09 10:00"), False, False)


def test_time_between_resolving_and_reopening_is_not_counted() -> None:
    events = life(("09 10:00", H.MOVED, S.RESOLVED), ("12 09:00", H.MOVED, S.OPEN))
    assert at("12 10:00", events).solution.due_at == here("2026-11-12 16:00")


def test_resolved_ticket_says_how_it_did_and_closing_changes_nothing() -> None:
    events = life(("09 16:00", H.MOVED, S.RESOLVED), ("24 16:00", H.MOVED, S.CLOSED))
    solution = at("25 10:00", events).solution
    assert (solution.done_at, outcome(solution)) == (here("2026-11-09 16:00"), "in 7 h, 1 h to spare")


def test_priority_brings_its_target_and_keeps_what_was_counted() -> None:
    urgent = Event(here("2026-11-09 11:00"), H.PRIORITISED, S.NEW, None, Priority.URGENT)
    solution = at("09 12:00", [*life(), urgent]).solution
    assert (solution.counted, solution.due_at) == (timedelta(hours=3), here("2026-11-09 13:00"))


def test_spans_say_what_counted_and_why_not() -> None:
    events = life(("09 16:00", H.MOVED, S.WAITING, W.USER), ("10 12:00", H.MOVED, S.OPEN))
    spans = at("12 09:00", events, WITH_LUNCH).solution.spans
    assert [(span.why, span.reason, span.minutes) for span in spans] == [
        (Why.COUNTED, "Working time", 180),
        (Why.CLOSED, "Outside the hours", 60),
        (Why.COUNTED, "Working time", 180),
        (Why.WAITING, "Waiting on requester", 20 * 60),
        (Why.CLOSED, "Outside the hours", 60),
        (Why.COUNTED, "Working time", 240),
        (Why.CLOSED, "Outside the hours", 7 * 60),
        (Why.CLOSED, "Veterans Day", 24 * 60),
        (Why.CLOSED, "Outside the hours", 8 * 60),
        (Why.COUNTED, "Working time", 60),
    ]


def test_sentence_says_why_the_due_time_is_what_it_is() -> None:
    events = life(("09 10:00", H.MOVED, S.WAITING, W.USER), ("09 12:00", H.MOVED, S.OPEN), promised=16 * 60)
    assert explain(at("09 13:00", events).solution) == (
        "Due Thu 12 Nov, 9:00 am: 16 h of working time from Mon 9 Nov, 9:00 am. "
        "Not counted: 2 h waiting on requester and Veterans Day (Wed 11 Nov)."
    )
    around = at("09 13:00", life(promised=24 * 60), ALWAYS)
    assert explain(around.solution) == "Due Tue 10 Nov, 9:00 am: 24 h around the clock from Mon 9 Nov, 9:00 am."


# Warnings


def test_warnings_come_before_and_after_a_due_time_but_never_before_the_clock_starts() -> None:
    long = [warning.at for warning in warnings_of(at("09 09:10", life(promised=495)), POLICY)]
    assert here("2026-11-09 16:45") in long  # half an hour of working time before a quarter past eight
    clocks = at("09 09:10", life(promised=15))
    solution = [warning for warning in warnings_of(clocks, POLICY) if warning.aim.value == "solution"]
    assert [(warning.at, warning.step.told) for warning in solution] == [
        (here("2026-11-09 09:15"), Told.ASSIGNEE),
        (here("2026-11-09 11:15"), Told.MANAGER),
    ]


def test_clocks_that_rest_or_were_stopped_warn_nobody() -> None:
    events = life(("09 09:10", H.ANSWERED, S.NEW), ("09 09:10", H.MOVED, S.WAITING, W.USER))
    assert warnings_of(at("20 09:00", events), POLICY) == []


# Laws


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """Draw a ticket's life; its states need not follow the rules of the desk."""
    moment = draw(st.datetimes(datetime(2026, 2, 20), datetime(2026, 12, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    priority = draw(st.sampled_from(Priority))
    events = [Event(moment, H.FILED, S.NEW, None, priority, draw(st.integers(1, 2400)))]
    state, waiting_on = S.NEW, None
    for _ in range(draw(st.integers(0, 8))):
        moment += draw(st.timedeltas(timedelta(), timedelta(days=4)))
        what = draw(st.sampled_from((H.MOVED, H.MOVED, H.ANSWERED, H.ASKED)))
        if what is H.MOVED:
            state = draw(st.sampled_from((S.OPEN, S.WAITING, S.RESOLVED)))
            waiting_on = draw(st.sampled_from(W)) if state is S.WAITING else None
        events.append(Event(moment, what, state, waiting_on, priority))
    return events


later = st.timedeltas(timedelta(), timedelta(days=10))


@given(lives(), calendars, later)
def test_counting_the_history_equals_keeping_a_number_up_to_date(
    events: list[Event], calendar: Calendar, wait: timedelta
) -> None:
    """A stopwatch beside the ticket: started and stopped by each event, never looking back."""
    left, since = timedelta(minutes=events[0].promised), None
    if events[0].priority is Priority.URGENT:
        left = timedelta(minutes=240)
    for event in events:
        if since is not None:
            left -= calendar.between(since, event.at)
        rests = event.state is S.RESOLVED or event.waiting_on in POLICY.pauses
        since = None if rests else event.at
    now = events[-1].at + wait
    if since is not None:
        left -= calendar.between(since, now)
    solution = run(events, calendar, POLICY, now).solution
    assert solution.target - solution.counted == left
    if solution.runs and left > timedelta():
        assert solution.due_at is not None
        assert calendar.between(now, solution.due_at) == left


@given(lives(), calendars, st.timedeltas(timedelta(), timedelta(days=9)), st.sampled_from(WaitingOn))
def test_pausing_never_shortens(events: list[Event], calendar: Calendar, pause: timedelta, whom: WaitingOn) -> None:
    """The same life with a wait at its end, and without: nothing is due earlier, and nothing more was counted."""
    last = events[-1]
    waits = Event(last.at, H.MOVED, S.WAITING, whom, last.priority)
    back = Event(last.at + pause, H.MOVED, S.OPEN, None, last.priority)
    at_once = Event(last.at, H.MOVED, S.OPEN, None, last.priority)
    without = run([*events, at_once], calendar, POLICY, back.at).solution
    paused = run([*events, waits, back], calendar, POLICY, back.at).solution
    assert paused.counted <= without.counted
    assert paused.due_at is not None
    assert without.due_at is not None
    assert paused.due_at >= without.due_at


@given(lives(), calendars, later)
def test_spans_cover_a_clock_without_a_gap_and_add_up(events: list[Event], calendar: Calendar, wait: timedelta) -> None:
    for clock in run(events, calendar, POLICY, events[-1].at + wait).all:
        spans = clock.spans
        assert [span.start for span in spans[1:]] == [span.end for span in spans[:-1]]
        assert sum((span.end - span.start for span in spans if span.counts), timedelta()) == clock.counted
        if clock.due_at is not None:
            assert calendar.between(clock.start, clock.due_at) >= min(clock.target, clock.counted)


@given(lives(), calendars, later)
def test_picture_stays_inside_its_frame(events: list[Event], calendar: Calendar, wait: timedelta) -> None:
    picture = draw(run(events, calendar, POLICY, events[-1].at + wait).all)
    for row in picture.rows:
        for bar in row.bars:
            assert 0 <= bar.x <= bar.x + bar.width <= 100.5
        assert all(place is None or 0 <= place <= 100.001 for place in (row.due, row.done))
    assert len(picture.marks) <= 4
    years = draw(run(events[:1], calendar, POLICY, events[0].at + 9 * BROADEST).all)
    assert [len(row.bars) for row in years.rows] == [1, 1]  # no night of so long a time can be seen


@given(lives(), st.sampled_from([OFFICE, WITH_LUNCH]), later)
def test_a_day_off_more_never_makes_anything_due_earlier(
    events: list[Event], calendar: Calendar, wait: timedelta
) -> None:
    now = events[-1].at + wait
    off = events[0].at.astimezone(ZoneInfo(calendar.zone)).date() + timedelta(days=1)
    more = Calendar(calendar.zone, calendar.week, calendar.region, days_off=((off, "Retreat"),))
    for clock, fewer in zip(run(events, calendar, POLICY, now).all, run(events, more, POLICY, now).all, strict=True):
        assert fewer.counted <= clock.counted
        if clock.due_at is not None and fewer.due_at is not None:
            assert fewer.due_at >= clock.due_at
