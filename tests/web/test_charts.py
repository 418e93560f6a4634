"""The arithmetic behind the pictures."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminops.web import charts
from adminops.web.charts import Span, Stay

COUNTS = st.lists(st.integers(0, 100_000), min_size=1, max_size=24)


def test_a_line_chart_places_values_between_zero_and_a_round_number() -> None:
    drawn = charts.lines(["Mon", "Tue"], [("Opened", [50, 81])])
    assert [tick.value for tick in drawn.ticks] == [100, 75, 50, 25, 0]
    assert [(point.x, round(point.y, 6)) for point in drawn.lines[0].points] == [(25, 50), (75, 19)]
    assert drawn.lines[0].path == "25.00,50.00 75.00,19.00"


def test_counts_below_ten_have_no_halves_on_the_axis() -> None:
    assert [tick.value for tick in charts.lines(["Mon"], [("Opened", [9])]).ticks] == [10, 5, 0]


@pytest.mark.parametrize("values", [[], [0, 0]])
def test_a_chart_without_values_still_has_an_axis(values: list[int]) -> None:
    drawn = charts.lines(["day"] * len(values), [("Opened", values)])
    assert [tick.value for tick in drawn.ticks] == [1, 0]


@given(COUNTS)
def test_every_point_lies_in_the_drawing(values: list[int]) -> None:
    drawn = charts.lines([str(index) for index in range(len(values))], [("Opened", values)])
    assert all(0 <= point.x <= 100 and -0.001 <= point.y <= 100 for point in drawn.lines[0].points)
    assert drawn.ticks[0].value >= max(values)
    assert 2 <= len(drawn.ticks) <= 6


def test_series_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        charts.lines(["Mon", "Tue"], [("Opened", [1])])


def test_pieces_of_a_bar_stand_side_by_side() -> None:
    placed = charts.segments([2, 2, 4], longest=16)
    assert [(part.index, part.x, part.width) for part in placed] == [(0, 0, 12.5), (1, 12.5, 12.5), (2, 25, 25)]


def test_a_bar_of_nothing_is_empty() -> None:
    assert [part.width for part in charts.segments([0, 0], longest=0)] == [0, 0]


def test_a_small_line_runs_from_edge_to_edge() -> None:
    assert charts.sparkline([1, 3]) == "0.0,28.0 100.0,2.0"
    assert charts.sparkline([5]) == "0.0,28.0"
    assert charts.sparkline([]) == ""


def test_stays_lie_between_the_first_start_and_today() -> None:
    rows = [
        Stay("a", "Shelter", "ES", date(2024, 1, 1), date(2024, 12, 31)),
        Stay("b", "Housing", "RRH", date(2025, 1, 1)),
    ]
    drawn = charts.stays(rows, date(2026, 1, 1))
    assert (drawn.first, drawn.last) == (date(2024, 1, 1), date(2026, 1, 1))
    assert [(round(bar.x), round(bar.width)) for bar in drawn.bars] == [(0, 50), (50, 50)]
    assert [mark.label for mark in drawn.marks] == ["2025", "2026"]


def test_one_night_can_be_seen() -> None:
    rows = [
        Stay("a", "Shelter", "ES", date(2000, 1, 1), date(2000, 1, 2)),
        Stay("b", "Tonight", "ES", date(2026, 1, 1)),
    ]
    bars = charts.stays(rows, date(2026, 1, 1)).bars
    assert [bar.width for bar in bars] == [0.5, 0.5]
    assert bars[1].x + bars[1].width <= 100


def test_a_stay_that_ends_after_today_fits() -> None:
    drawn = charts.stays([Stay("a", "Shelter", "ES", date(2026, 1, 1), date(2026, 3, 1))], date(2026, 2, 1))
    assert drawn.last == date(2026, 3, 1)


def test_no_stays_make_an_empty_picture() -> None:
    assert charts.stays([], date(2026, 1, 1)).bars == ()


def test_a_history_has_a_lane_for_each_type_and_everything_in_it_lies_inside() -> None:
    first, last = date(2025, 1, 1), date(2026, 1, 1)
    spans = [
        Span(
            "Shelter",
            "Harbor",
            first,
            date(2025, 7, 2),
            days=(first, first, date(2025, 7, 1)),
            clashes=((first, first),),
        ),
        Span("Housing", "Home", date(2025, 7, 2), moved_in=last),
        Span("Shelter", "Second", date(2025, 12, 31), moved_in=date(2024, 1, 1)),
    ]
    drawn = charts.history(spans, last)
    assert [(lane.title, [bar.span.label for bar in lane.bars]) for lane in drawn.lanes] == [
        ("Shelter", ["Harbor", "Second"]),
        ("Housing", ["Home"]),
    ]
    harbor, second, home = (bar for lane in drawn.lanes for bar in lane.bars)
    assert (round(harbor.x), round(harbor.width), harbor.clashes) == (0, 50, ((0, 0.5),))
    assert harbor.ticks == "M0 13V19 M49.5 13V19"
    assert (home.move_in, second.move_in) == (100, 0)
    assert [mark.label for mark in drawn.marks] == ["2026"]
    assert charts.history([], last).lanes == ()
