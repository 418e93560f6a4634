"""Calendars: fixed points that a person can check on the wall, and laws that hold for every moment."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.clocks import Calendar
from tickets.clocks.calendars import holidays_of

NEW_YORK = "America/New_York"
WORKDAY, LUNCH, WHOLE = ((480, 1020),), ((480, 720), (780, 1020)), ((0, 1440),)
OFFICE = Calendar(NEW_YORK, (WORKDAY,) * 5 + ((), ()), region="US-FL")
WITH_LUNCH = Calendar(NEW_YORK, (LUNCH,) * 5 + ((), ()), region="US-FL")
ALWAYS = Calendar(NEW_YORK, (WHOLE,) * 7)


def here(text: str) -> datetime:
    """Return a wall-clock time of the office."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(NEW_YORK))


@pytest.mark.parametrize(
    ("calendar", "start", "minutes", "due"),
    [
        (OFFICE, "2026-11-09 09:00", 60, "2026-11-09 10:00"),
        (OFFICE, "2026-11-09 09:00", 8 * 60, "2026-11-09 17:00"),
        (OFFICE, "2026-11-09 16:30", 60, "2026-11-10 08:30"),
        (OFFICE, "2026-11-09 03:00", 60, "2026-11-09 09:00"),
        (OFFICE, "2026-11-09 22:00", 60, "2026-11-10 09:00"),
        (OFFICE, "2026-11-13 16:00", 120, "2026-11-16 09:00"),  # over a weekend
        (OFFICE, "2026-11-10 16:00", 120, "2026-11-12 09:00"),  # 11 November is Veterans Day
        (OFFICE, "2026-11-25 16:00", 120, "2026-11-30 09:00"),  # Thanksgiving and the Friday after it
        (OFFICE, "2026-10-30 16:00", 120, "2026-11-02 09:00"),  # the clocks change between the two
        (WITH_LUNCH, "2026-11-09 11:30", 60, "2026-11-09 13:30"),
        (WITH_LUNCH, "2026-11-09 12:15", 30, "2026-11-09 13:30"),
        (WITH_LUNCH, "2026-11-09 11:00", 60, "2026-11-09 12:00"),
        (ALWAYS, "2026-11-10 22:00", 24 * 60, "2026-11-11 22:00"),
        (ALWAYS, "2026-10-31 12:00", 24 * 60, "2026-11-01 11:00"),  # a day of 25 hours
        (ALWAYS, "2026-03-07 12:00", 24 * 60, "2026-03-08 13:00"),  # a day of 23 hours
    ],
)
def test_due_time_skips_nights_lunch_weekends_and_holidays(
    calendar: Calendar, start: str, minutes: int, due: str
) -> None:
    assert calendar.add(here(start), timedelta(minutes=minutes)) == here(due)


def test_hour_that_is_skipped_counts_nothing_and_one_that_comes_twice_counts_twice() -> None:
    early = Calendar(NEW_YORK, (((60, 180),),) * 7)  # from one to three in the morning
    assert early.minutes(here("2026-03-08 00:00"), here("2026-03-08 12:00")) == 60
    assert early.minutes(here("2026-11-01 00:00"), here("2026-11-01 12:00")) == 180
    assert early.minutes(here("2026-11-02 00:00"), here("2026-11-02 12:00")) == 120


def test_another_zone_counts_its_own_day() -> None:
    chicago = Calendar("America/Chicago", OFFICE.week, region="US-FL")
    half = timedelta(minutes=30)
    assert chicago.add(here("2026-11-09 17:30"), half) == here("2026-11-09 18:00")  # 16:30 there
    assert OFFICE.add(here("2026-11-09 17:30"), half) == here("2026-11-10 08:30")


def test_own_days_off_and_worked_holidays_outrank_the_list_of_the_state() -> None:
    calendar = Calendar(
        NEW_YORK,
        OFFICE.week,
        region="US-FL",
        days_off=((date(2026, 11, 10), "Retreat"),),
        worked=(date(2026, 11, 11),),
    )
    assert calendar.add(here("2026-11-09 16:00"), timedelta(hours=2)) == here("2026-11-11 09:00")
    assert calendar.why_closed(date(2026, 11, 10)) == "Retreat"


def test_every_closed_day_says_why() -> None:
    days = (date(2026, 11, 11), date(2026, 11, 14), date(2026, 11, 12))
    assert [OFFICE.why_closed(day) for day in days] == ["Veterans Day", "Saturday", "Outside the hours"]


def test_independence_day_on_a_saturday_is_observed_on_friday() -> None:
    assert date(2026, 7, 3) in holidays_of("US-FL", 2026)
    assert holidays_of("", 2026) == {}


def test_calendar_that_is_never_open_says_so_instead_of_searching_for_ever() -> None:
    never = Calendar(NEW_YORK, ((),) * 7)
    for ask in (lambda: never.opens(here("2026-11-09 09:00")), lambda: never.add(here("2026-11-09 09:00"), -_HOUR)):
        with pytest.raises(OverflowError):
            ask()


_HOUR = timedelta(hours=1)
calendars = st.sampled_from(
    [
        OFFICE,
        WITH_LUNCH,
        ALWAYS,
        Calendar("America/St_Johns", (((0, 90), (1320, 1440)),) * 7),
        Calendar("Australia/Lord_Howe", (((60, 150), (155, 600)), (), (), WHOLE, (), (), LUNCH), region="US"),
    ]
)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.integers(0, 60 * 540).map(lambda minutes: timedelta(minutes=minutes))


@given(calendars, moments, lengths)
def test_what_is_added_lies_between(calendar: Calendar, start: datetime, length: timedelta) -> None:
    assert calendar.between(start, calendar.add(start, length)) == length


@given(calendars, moments, lengths, lengths)
def test_two_lengths_are_one_longer_length(
    calendar: Calendar, start: datetime, one: timedelta, other: timedelta
) -> None:
    in_two_steps, at_once = calendar.add(calendar.add(start, one), other), calendar.add(start, one + other)
    # The evening and the next morning are the same moment of open time.
    assert calendar.between(in_two_steps, at_once) == timedelta()


@given(calendars, moments, lengths)
def test_a_length_back_lies_between_too(calendar: Calendar, end: datetime, length: timedelta) -> None:
    start = calendar.add(end, -length)
    assert start <= end or length == timedelta()
    assert calendar.between(start, end) == length


@given(calendars, moments, st.timedeltas(timedelta(), timedelta(days=20)) | st.just(timedelta(days=110)))
def test_stretches_leave_no_gap_and_hold_all_open_time(calendar: Calendar, start: datetime, span: timedelta) -> None:
    stretches = list(calendar.stretches(start, start + span))
    edges = [start, *(stretch.end for stretch in stretches)]
    assert [stretch.start for stretch in stretches] == edges[:-1]
    assert edges[-1] == start + span
    opened = sum((stretch.end - stretch.start for stretch in stretches if stretch.open), timedelta())
    assert opened == calendar.between(start, start + span)
    assert all(stretch.why for stretch in stretches if not stretch.open)


@given(calendars, moments)
def test_opening_is_open_and_nothing_counts_before_it(calendar: Calendar, moment: datetime) -> None:
    opens = calendar.opens(moment)
    assert calendar.is_open(opens)
    assert calendar.between(moment, opens) == timedelta()
