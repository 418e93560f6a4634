"""Quiet hours and the times of digests, without a database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.notices.hours import DAY_MINUTES, Every, Quiet, next_digest, quiet_until

EAST = "America/New_York"
MONDAY = datetime(2026, 3, 2, tzinfo=ZoneInfo(EAST))
NIGHT = Quiet(EAST, 22 * 60, 7 * 60)
MOMENTS = st.integers(0, 4 * 366 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
ZONES = st.sampled_from([EAST, "UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Honolulu"])
MINUTES = st.integers(0, DAY_MINUTES - 1)


@pytest.mark.parametrize(
    ("hours", "ends"),
    [(21.99, None), (22, 31), (23.5, 31), (24, 31), (30.9, 31), (31, None), (36, None)],
)
def test_quiet_hours_pass_midnight(hours: float, ends: float | None) -> None:
    over = quiet_until(MONDAY + timedelta(hours=hours), NIGHT)
    assert over == (None if ends is None else MONDAY + timedelta(hours=ends))


def test_quiet_hours_of_one_day_end_on_it() -> None:
    noon = Quiet(EAST, 12 * 60, 13 * 60)
    assert quiet_until(MONDAY + timedelta(hours=12.5), noon) == MONDAY + timedelta(hours=13)
    assert quiet_until(MONDAY + timedelta(hours=13), noon) is None


def test_quiet_weekend_and_quiet_nights_follow_on_each_other() -> None:
    quiet, friday = Quiet(EAST, 22 * 60, 7 * 60, weekends=True), MONDAY + timedelta(days=4)
    assert quiet_until(friday + timedelta(hours=23), quiet) == MONDAY + timedelta(days=7, hours=7)
    assert quiet_until(friday + timedelta(hours=12), quiet) is None
    assert quiet_until(friday + timedelta(hours=36), Quiet(EAST, weekends=True)) is not None


def test_nobody_who_chose_nothing_has_quiet_hours() -> None:
    assert quiet_until(MONDAY, Quiet(EAST)) is None
    assert quiet_until(MONDAY, Quiet(EAST, 60, 60)) is None


@given(MOMENTS, ZONES, MINUTES, MINUTES, st.booleans())
def test_end_of_quiet_is_later_and_not_quiet_itself(
    moment: datetime, zone: str, begins: int, ends: int, weekends: bool
) -> None:
    quiet = Quiet(zone, begins, ends, weekends)
    over = quiet_until(moment, quiet)
    if over is not None:
        assert moment < over <= moment + timedelta(days=4)
        assert quiet_until(over, quiet) is None


@given(MOMENTS, ZONES, MINUTES, st.integers(0, 6), st.sampled_from(Every))
def test_next_digest_is_the_first_at_its_time(
    moment: datetime, zone: str, minute: int, weekday: int, every: Every
) -> None:
    due = next_digest(moment, zone=zone, every=every, minute=minute, weekday=weekday)
    assert moment < due <= moment + timedelta(days=1 if every is Every.DAY else 7, hours=2)
    local = due.astimezone(ZoneInfo(zone))
    gap = abs(local.hour * 60 + local.minute - minute) not in (0, 30, 60)  # an hour that a clock leaves out
    assert not gap
    assert every is Every.DAY or local.weekday() in (weekday, (weekday + 1) % 7)


def test_daily_digest_keeps_its_hour_when_the_clock_changes() -> None:
    day = datetime(2026, 3, 7, 20, tzinfo=UTC)
    times = [day]
    for _ in range(3):
        times.append(next_digest(times[-1], zone=EAST, every=Every.DAY, minute=480, weekday=0))
    assert [time.astimezone(ZoneInfo(EAST)).hour for time in times[1:]] == [8, 8, 8]
