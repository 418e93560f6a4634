"""What people write in the forms of goals is read, written back the same, or refused with a sentence."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.clocks import Step, Told
from tickets.clocks.words import length
from tickets.clocks.writing import (
    LONGEST,
    read_days,
    read_hours,
    read_length,
    read_steps,
    write_days,
    write_hours,
    write_steps,
)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", ()),
        ("8:00-12:00, 13:00-17:00", ((480, 720), (780, 1020))),
        ("8-17", ((480, 1020),)),
        (" 0 – 24 ", ((0, 1440),)),
        ("9:30 to 10:00,", ((570, 600),)),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, hours: tuple[tuple[int, int], ...]) -> None:
    assert read_hours(text) == hours
    assert read_hours(write_hours(hours)) == hours


@pytest.mark.parametrize("text", ["nine to five", "8-8", "17-8", "8-12, 11-13", "8:75-9", "8-25", "8", "8-9-10", "-"])
def test_hours_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"hour"):
        read_hours(text)


@given(st.integers(1, LONGEST))
def test_every_length_that_is_written_is_read_back(minutes: int) -> None:
    assert read_length(length(minutes)) == minutes


@pytest.mark.parametrize("text", ["", "8", "h", "soon", "0 h", "-5 min", "999999 min", "9999 h", "1.5 h", "8 h 30 h"])
def test_lengths_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"length"):
        read_length(text)


def test_days_are_read_with_their_names() -> None:
    days = {date(2026, 12, 24): "Christmas Eve", date(2026, 12, 31): "Day off"}
    assert read_days("2026-12-24 Christmas Eve\n\n 2026-12-31 \n") == days
    assert read_days(write_days({day.isoformat(): name for day, name in days.items()})) == days
    for wrong in ("24 December", "2026-02-30", "2026-12-24Eve\n31 Dec", "12/24/2026 Eve"):
        with pytest.raises(ValueError, match="Write each day like"):
            read_days(wrong)


def test_steps_are_read_and_written_back() -> None:
    steps = (Step(-60, Told.ASSIGNEE), Step(0, Told.ASSIGNEE), Step(240, Told.MANAGER))
    assert read_steps("1 h before: assignee\nWhen due: assignee\n4 h after: managers") == steps
    assert read_steps(write_steps(steps)) == steps
    assert read_steps("") == ()
    for wrong in ("1 h before", "4 h after: everybody", "soon: assignee", "x before: assignee"):
        with pytest.raises(ValueError, match="like"):
            read_steps(wrong)
