"""Office hours: fixed points that a person can check on a calendar, and laws that hold for every moment."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.deadlines import DAY_MINUTES, OfficeHours, holidays_of

HOURS = OfficeHours("America/New_York")


def here(text: str) -> datetime:
    """Return a wall-clock time of the office."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(HOURS.zone))


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-11-09 09:00", 60, "2026-11-09 10:00"),
        ("2026-11-09 09:00", 8 * 60, "2026-11-09 17:00"),
        ("2026-11-09 16:30", 60, "2026-11-10 08:30"),
        ("2026-11-09 03:00", 60, "2026-11-09 09:00"),
        ("2026-11-09 22:00", 60, "2026-11-10 09:00"),
        ("2026-11-13 16:00", 120, "2026-11-16 09:00"),  # over a weekend
        ("2026-11-10 16:00", 120, "2026-11-12 09:00"),  # 11 November is Veterans Day
        ("2026-11-25 16:00", 120, "2026-11-30 09:00"),  # Thanksgiving and the Friday after it, a holiday in Florida
        ("2026-10-30 16:00", 120, "2026-11-02 09:00"),  # the clocks change between the two
    ],
)
def test_due_time_skips_nights_weekends_and_holidays(start: str, minutes: int, due: str) -> None:
    assert HOURS.add(here(start), minutes) == here(due)


def test_nothing_counts_on_a_weekend() -> None:
    assert HOURS.between(here("2026-11-13 17:00"), here("2026-11-16 08:00")) == 0


def test_another_zone_counts_its_own_day() -> None:
    chicago = OfficeHours("America/Chicago")
    assert chicago.add(here("2026-11-09 17:30"), 30) == here("2026-11-09 18:00")  # 16:30 there
    assert HOURS.add(here("2026-11-09 17:30"), 30) == here("2026-11-10 08:30")


def test_independence_day_on_a_saturday_is_observed_on_friday() -> None:
    assert datetime(2026, 7, 3).date() in holidays_of(2026)  # noqa: DTZ001 - only its date is used


moments = st.datetimes(datetime(2023, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
minutes = st.integers(0, 60 * DAY_MINUTES)


@given(moments, minutes)
def test_what_is_added_lies_between(start: datetime, span: int) -> None:
    assert HOURS.between(start, HOURS.add(start, span)) == span


@given(moments, minutes)
def test_a_due_time_is_never_before_its_start_and_lies_in_office_hours(start: datetime, span: int) -> None:
    due = HOURS.add(start, span)
    local = due.astimezone(ZoneInfo(HOURS.zone))
    assert due >= start
    assert local.weekday() < 5
    assert 8 * 60 <= local.hour * 60 + local.minute <= 17 * 60


@given(moments, minutes, minutes)
def test_two_spans_are_one_longer_span(start: datetime, one: int, other: int) -> None:
    in_two_steps = HOURS.add(HOURS.add(start, one), other)
    at_once = HOURS.add(start, one + other)
    # The evening and the next morning are the same moment of office time.
    assert HOURS.between(in_two_steps, at_once) == 0
    assert HOURS.between(start, in_two_steps) == one + other


@given(moments, moments)
def test_there_and_back_cancel_out(one: datetime, other: datetime) -> None:
    assert HOURS.between(one, other) == -HOURS.between(other, one)


@given(moments, minutes, st.timedeltas(timedelta(), timedelta(days=30)))
def test_a_pause_never_shortens_what_is_left(start: datetime, target: int, pause: timedelta) -> None:
    due = HOURS.add(start, target)
    left = HOURS.between(start, due)
    resumed = start + pause
    assert HOURS.between(resumed, HOURS.add(resumed, left)) >= left
    assert HOURS.add(resumed, left) >= due


@given(moments, minutes)
def test_a_late_clock_stays_as_late_after_a_pause(now: datetime, late: int) -> None:
    assert HOURS.between(now, HOURS.add(now, -late)) == -late
