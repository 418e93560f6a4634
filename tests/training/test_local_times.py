"""The wall clock of the team's zone: what people type becomes the right moment, also when the clocks change."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminops.errors import Invalid
from training.local_times import clock_of, date_tile, day_of, hours_of, moment_of, months_after

ZONE = "America/New_York"


def test_ten_o_clock_is_another_moment_in_summer_than_in_winter() -> None:
    assert moment_of(date(2026, 7, 1), time(10), ZONE, field="starts") == datetime(2026, 7, 1, 14, tzinfo=UTC)
    assert moment_of(date(2026, 12, 1), time(10), ZONE, field="starts") == datetime(2026, 12, 1, 15, tzinfo=UTC)


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(Invalid, match="skip this time") as refused:
        moment_of(date(2026, 3, 8), time(2, 30), ZONE, field="starts")
    assert refused.value.field == "starts"


def test_a_time_that_comes_twice_is_refused() -> None:
    with pytest.raises(Invalid, match="show this time twice"):
        moment_of(date(2026, 11, 1), time(1, 30), ZONE, field="ends")


@pytest.mark.parametrize("hour", [time(1, 59), time(3)])
def test_the_hours_around_the_gap_are_taken(hour: time) -> None:
    assert clock_of(moment_of(date(2026, 3, 8), hour, ZONE, field="starts"), ZONE) == hour


@given(
    day=st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    zone=st.sampled_from([ZONE, "UTC", "Pacific/Auckland", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_what_was_typed_is_what_is_shown(day: date, at: time, zone: str) -> None:
    try:
        moment = moment_of(day, at, zone, field="starts")
    except Invalid:
        return
    assert (day_of(moment, zone), clock_of(moment, zone)) == (day, at)


def test_hours_are_written_as_people_say_them() -> None:
    starts, ends = datetime(2026, 11, 24, 15, tzinfo=UTC), datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    assert hours_of(starts, ends, ZONE) == "Tue 24 Nov 2026, 10:00 am to 12:30 pm"
    assert date_tile(starts, ZONE, date(2026, 1, 1)) == ("24", "Nov")
    assert date_tile(starts, ZONE, date(2025, 1, 1)) == ("24", "Nov 2026")


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 24), 12, date(2027, 11, 24)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 12, 1), 24, date(2028, 12, 1)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_a_short_month(day: date, months: int, later: date) -> None:
    assert months_after(day, months) == later
