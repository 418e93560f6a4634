"""The numbers of a period: counted right, right after late changes, and the same as the lists behind them."""

import time
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import delete, func, select

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, NotAllowed
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Reach, Role
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tests.together import at_once
from tickets import merging, operations
from tickets.goals import keeping
from tickets.insights import books, periods
from tickets.insights.counting import count_tickets
from tickets.insights.models import By, TicketBook, TicketBookChange
from tickets.insights.periods import Period
from tickets.insights.queries import Report, report
from tickets.insights.tallies import Tally, percentile, read, rounded, share, total
from tickets.insights.views import OF_TEAM
from tickets.language import parse
from tickets.models import Priority, Rating, Resolution, Then, Ticket, WaitingOn
from tickets.queries import TicketFilter, View
from tickets.queries import count_tickets as count_listed

MONDAY = datetime(2026, 11, 9, 14, 0, tzinfo=UTC)  # 9 o'clock at the office
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))

on_both = pytest.mark.usefixtures("session")


# Values


def test_lengths_are_rounded_without_changing_their_order() -> None:
    said = [rounded(minutes) for minutes in range(20_000)]
    assert said == sorted(said)
    assert said[:30] == list(range(30))
    assert all(abs(minutes - shown) <= minutes * 0.09 for minutes, shown in enumerate(said) if minutes > 30)


def test_percentile_of_rounded_lengths_is_the_rounded_percentile() -> None:
    chance = Random(9)
    for _ in range(200):
        lengths = sorted(chance.randrange(8_000) for _ in range(chance.randrange(1, 40)))
        tally = Tally()
        for minutes in lengths:
            tally.resolve_one(took=minutes, met=True)
        for percent in (50, 90):
            exact = lengths[-(-len(lengths) * percent // 100) - 1]
            assert percentile(tally.solutions, percent) == rounded(exact)


def test_nothing_has_no_percentile_and_no_share() -> None:
    assert percentile({}, 50) is None
    assert share(0, 0) is None
    assert share(199, 1) == 99


def test_tally_is_read_as_it_was_written_and_adds_up() -> None:
    chance, parts = Random(4), []
    for _ in range(6):
        tally = Tally()
        for _ in range(20):
            tally.open_one(
                reopened=chance.random() < 0.2, took=chance.choice([None, 5, 700]), met=chance.random() < 0.5
            )
            tally.resolve_one(
                took=chance.choice([None, 40, 3000]),
                met=chance.random() < 0.5,
                rating=chance.choice([None, "good", "fair", "bad"]),
            )
        parts.append(tally)
    assert [read(tally.written()) for tally in parts] == parts
    assert total(parts).opened == 120
    assert total(parts) == total([total(parts[:2]), total(parts[2:])])


def test_columns_cover_a_period_without_gap_or_overlap() -> None:
    chance = Random(2)
    for _ in range(300):
        first = date(2025, 1, 1) + DAY * chance.randrange(700)
        period = Period(first, first + DAY * chance.randrange(700))
        columns = period.columns()
        days = [column.first + DAY * n for column in columns for n in range(column.days)]
        assert days == [first + DAY * n for n in range(period.days)]
        assert len(columns) <= 32


def test_usual_periods_end_today_or_before() -> None:
    assert periods.chosen("month", "", "", date(2026, 2, 3)) == Period(date(2026, 2, 1), date(2026, 2, 3))
    assert periods.chosen("last-month", "", "", date(2026, 1, 31)) == Period(date(2025, 12, 1), date(2025, 12, 31))
    assert periods.chosen("last-quarter", "", "", date(2026, 2, 3)) == Period(date(2025, 10, 1), date(2025, 12, 31))
    assert periods.chosen("12m", "", "", date(2026, 2, 3)).first == date(2025, 3, 1)
    assert periods.chosen("nonsense", "", "", date(2026, 2, 3)).days == 30


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-02-30", "2026-03-01"), ("2026-03-02", "2026-03-01"), ("", "2026-03-01"), ("9999-01-01", "x"),
     ("2020-01-01", "2026-03-01"), ("2026-03-05", "2026-03-09")],
)  # fmt: skip
def test_days_that_make_no_period_are_refused(first: str, last: str) -> None:
    with pytest.raises(Invalid):
        periods.chosen("", first, last, date(2026, 3, 4))


# Tickets


def seen(viewer: User, at: datetime, period: Period = NOVEMBER, told_by: By = By.TYPE) -> Report:
    with clock.frozen_at(at):
        return report(period, told_by, viewer)


@on_both
def test_clocks_that_stop_are_measured_in_office_time() -> None:
    helper = make_helper()
    with clock.frozen_at(MONDAY):
        ticket = make_ticket(kind=make_kind(target_hours=8))
    with clock.frozen_at(MONDAY + HOUR):
        operations.reply(ticket, body="We look into it.", then=Then.WAIT, by=helper)
    assert (ticket.reply_took, ticket.reply_met, ticket.solution_took) == (60, True, None)
    with clock.frozen_at(MONDAY + DAY):
        operations.reply(ticket, body="Thank you.", by=ticket.requester)
    with clock.frozen_at(MONDAY + DAY + 8 * HOUR):  # five in the afternoon: the office closes
        operations.resolve(ticket, by=helper)
    assert (ticket.solution_took, ticket.solution_met) == (60 + 8 * 60, False)
    with clock.frozen_at(MONDAY + 2 * DAY):
        operations.reopen(ticket, by=ticket.requester)
    assert (ticket.reply_took, ticket.solution_took, ticket.solution_met) == (60, None, None)


@on_both
def test_tickets_of_before_are_measured_by_the_job() -> None:
    helper = make_helper()
    with clock.frozen_at(MONDAY):
        ticket, bare = make_ticket(), make_ticket()
    with clock.frozen_at(MONDAY + HOUR):
        operations.reply(ticket, body="Here it is.", then=Then.RESOLVE, by=helper)
    measures = (ticket.reply_took, ticket.solution_took, ticket.solution_met)
    for row in (ticket, bare):
        row.reply_took = row.reply_met = row.solution_took = row.solution_met = None
        row.measured = False
    db.session.flush()
    assert keeping.measure_older() == 2
    assert (ticket.reply_took, ticket.solution_took, ticket.solution_met) == measures
    assert bare.reply_took is None
    assert keeping.measure_older() == 0


@on_both
def test_report_counts_what_came_went_and_was_left() -> None:
    helper = make_helper()
    with clock.frozen_at(MONDAY - 20 * DAY):
        old = make_ticket()
    with clock.frozen_at(MONDAY):
        answered, late, waiting = (make_ticket(kind=make_kind(target_hours=8)) for _ in range(3))
    with clock.frozen_at(MONDAY + 2 * HOUR):
        operations.reply(answered, body="Here it is.", then=Then.RESOLVE, by=helper)
        operations.wait_on(waiting, WaitingOn.VENDOR, by=helper)
    with clock.frozen_at(MONDAY + 4 * DAY):
        operations.resolve(late, by=helper)
        operations.resolve(old, by=helper)
        operations.reopen(answered, by=answered.requester)
        operations.resolve(answered, by=helper)
    numbers = seen(helper, MONDAY + 5 * DAY).over_all
    assert (numbers.tally.opened, numbers.tally.resolved, numbers.backlog, numbers.tally.reopened) == (3, 3, 1, 1)
    assert (numbers.tally.reply_met, numbers.tally.reply_missed) == (1, 1)
    assert numbers.reply[0] == 120
    assert numbers.tally.solution_share == 33


@on_both
def test_every_number_is_that_of_the_list_behind_it() -> None:
    helper, manager, chance = make_helper(), make_helper(Role.MANAGER), Random(11)
    now = _lively_month(helper, chance)
    agency = db.session.scalars(select(Ticket.agency_id).where(Ticket.is_private).order_by(Ticket.id)).first()
    lead = make_user(Role.AGENCY_LEAD, agency=db.session.get_one(Agency, agency))
    opened = []
    for viewer, told_by in ((helper, By.TYPE), (helper, By.AGENCY), (manager, By.PRIORITY), (lead, By.TYPE)):
        shown = seen(viewer, now, told_by=told_by)
        assert len(shown.rows) > 1
        opened.append(shown.over_all.tally.opened)
        for row in (*shown.rows, shown.over_all):
            tally = row.tally
            numbers = {
                "opened": tally.opened,
                "resolved": tally.resolved,
                "backlog": row.backlog,
                "reopened": tally.reopened,
                "replies": sum(tally.replies.values()),
                "reply-met": tally.reply_met,
                "solutions": sum(tally.solutions.values()),
                "solution-met": tally.solution_met,
                "rated": tally.rated,
                "rated-good": tally.rated_good,
            }
            for what, number in numbers.items():
                if viewer is lead and what in OF_TEAM:
                    continue
                assert _listed(shown.listed(what, row), viewer, now) == number, (what, row.key)
    assert opened[0] == opened[1] < opened[2], "A manager sees private tickets that do not name a helper."


@on_both
def test_backlog_of_a_day_that_is_over_is_that_of_its_list() -> None:
    manager = make_helper(Role.MANAGER)
    now = _lively_month(make_helper(), Random(12))
    for private in (False, True):
        left = select(Ticket).where(Ticket.is_open, Ticket.is_private.is_(private)).order_by(Ticket.id)
        first, second, third, *_ = db.session.scalars(left).all()
        for source in (first, third):  # also one that came after the first of the days
            source.agency_id = second.agency_id
            merging.merge(source, into=second, by=manager)
    for day in (5, 12, 20):
        shown = seen(manager, now, Period(NOVEMBER.first, date(2026, 11, day)))
        for row in (*shown.rows, shown.over_all):
            assert _listed(shown.listed("backlog", row), manager, now) == row.backlog


@on_both
def test_books_say_what_the_tickets_say_also_after_late_changes() -> None:
    helper, chance = make_helper(), Random(13)
    now = _lively_month(helper, chance) + 20 * DAY
    wide = Period(date(2026, 10, 20), date(2026, 12, 31))
    before = [_plainly(told_by, wide) for told_by in By]
    with clock.frozen_at(now):
        while books.write_books():
            pass
        assert db.session.scalar(select(func.count(TicketBook.id)))
        assert db.session.scalar(select(func.count(TicketBookChange.id))) == 0
        assert [books.read_parts(wide.columns(), told_by, books.EVERYWHERE) for told_by in By] == before
        tickets = db.session.scalars(select(Ticket).order_by(Ticket.id)).all()
        operations.set_priority(next(t for t in tickets if t.is_open), Priority.URGENT, by=helper)
        operations.reopen(next(t for t in tickets if t.state == "resolved"), by=make_helper(Role.MANAGER))
        next(t for t in tickets if not t.is_private).is_private = True
        db.session.flush()
        for told_by in By:  # the books are wrong now, and are passed over
            assert books.read_parts(wide.columns(), told_by, books.EVERYWHERE) == _plainly(told_by, wide)
        while books.write_books():
            pass
        for told_by in By:
            assert books.read_parts(wide.columns(), told_by, books.EVERYWHERE) == _plainly(told_by, wide)
        assert [books.read_parts([NOVEMBER], told_by, books.EVERYWHERE) for told_by in By] != [
            [total_of(part)] for part in before
        ]


def total_of(parts: list[dict[str, Tally]]) -> dict[str, Tally]:
    keys = {key for part in parts for key in part}
    return {key: total(part[key] for part in parts if key in part) for key in keys}


@on_both
def test_a_book_that_is_right_is_read_instead_of_the_tickets() -> None:
    helper = make_helper()
    now = _lively_month(helper, Random(14)) + 20 * DAY
    with clock.frozen_at(now):
        while books.write_books():
            pass
        db.session.execute(delete(TicketBook).where(TicketBook.span == "day"))
        kept = select(TicketBook).where(TicketBook.told_by == By.PRIORITY).order_by(TicketBook.id)
        row = db.session.scalars(kept).all()[-1]
        row.tallies = {"low": Tally(opened=777).written()}
        db.session.flush()
        month = [periods.month_of(row.first)]
        assert books.read_parts(month, By.PRIORITY, books.EVERYWHERE) == [{"low": Tally(opened=777)}]
        books.forget_books()
        books.write_books()
        assert books.read_parts(month, By.PRIORITY, books.EVERYWHERE) != [{"low": Tally(opened=777)}]


def test_two_that_keep_the_books_of_a_month_at_the_same_moment_keep_them_once(desk: Desk) -> None:
    with desk.work():
        now = _lively_month(make_helper(), Random(15)) + 20 * DAY
    with desk.look(), clock.frozen_at(now):
        counted = books.count_month()
    assert counted is not None

    def keep() -> None:
        with clock.frozen_at(now):
            books.keep(counted)
            time.sleep(0.5)  # they are not stored yet when the other one begins

    at_once(desk, keep, keep)
    with desk.look() as session:
        assert session.scalar(select(func.count(TicketBook.id))) == len(counted.rows)


@on_both
def test_books_that_a_change_overtook_while_they_were_counted_are_not_kept() -> None:
    helper = make_helper()
    now = _lively_month(helper, Random(15)) + 20 * DAY
    with clock.frozen_at(now):
        counted = books.count_month()
        assert counted is not None
        inside = counted.month.first
        db.session.add(TicketBookChange(day=inside))
        db.session.flush()
        books.keep(counted)
        assert db.session.scalar(select(func.count(TicketBook.id))) == 0
        again = books.count_month()
        assert again is not None
        assert (again.month, set(again.settles) - set(counted.settles) != set()) == (counted.month, True)
        books.keep(again)
        assert db.session.scalar(select(func.count(TicketBook.id))) == len(again.rows)
        marks = select(TicketBookChange.id).where(TicketBookChange.day.between(inside, counted.month.last))
        assert db.session.scalars(marks).all() == []


@on_both
def test_a_lead_sees_the_numbers_of_their_agency_alone() -> None:
    here, there = make_agency(), make_agency()
    lead, viewer = make_user(Role.AGENCY_LEAD, agency=here), make_user(Role.VIEWER)
    with clock.frozen_at(MONDAY):
        for agency in (here, there, there):
            make_ticket(make_user(agency=agency))
    shown = seen(lead, MONDAY + DAY, told_by=By.AGENCY)
    assert [(row.key, row.tally.opened) for row in shown.rows] == [(str(here.id), 1)]
    assert shown.over_all.backlog == 1
    assert seen(viewer, MONDAY + DAY).over_all.tally.opened == 3
    with pytest.raises(NotAllowed):
        seen(make_user(Role.END_USER, agency=here), MONDAY)


def _listed(query: str, viewer: User, at: datetime) -> int:
    with clock.frozen_at(at):
        return count_listed(TicketFilter(view=View.ALL, query=parse(query)), viewer).number


def _plainly(told_by: By, period: Period) -> list[dict[str, Tally]]:
    counted = count_tickets(period.columns(), [told_by], Reach(everywhere=True), "America/New_York")
    return [one[told_by] for one in counted]


def _lively_month(helper: User, chance: Random) -> datetime:
    """File tickets over a month, answer, resolve and reopen some; return when that was done."""
    people = [make_user(agency=make_agency()) for _ in range(2)]
    kinds = [make_kind(key="wrong_number", priority="high"), make_kind(key="data_correction", target_hours=2)]
    ended = Resolution.NOT_NEEDED
    for n in range(14):
        at = MONDAY + DAY * (n * 2 - 12) + HOUR * chance.randrange(14)
        with clock.frozen_at(at):
            ticket = make_ticket(chance.choice(people), kind=chance.choice(kinds))
        if chance.random() < 0.7:
            with clock.frozen_at(at + chance.randrange(40) * HOUR):
                operations.reply(
                    ticket, body="Here it is.", then=chance.choice(list(Then)), resolution=ended, by=helper
                )
        if chance.random() < 0.4:
            with clock.frozen_at(at + 60 * HOUR):
                if ticket.is_open:
                    operations.resolve(ticket, resolution=ended, by=helper)
                else:
                    operations.reopen(ticket, by=helper)
        db.session.refresh(ticket)
        if not ticket.is_open:
            ticket.rating = chance.choice([None, *Rating])
        ticket.is_private = n % 3 == 1
        db.session.flush()
    return MONDAY + 25 * DAY
