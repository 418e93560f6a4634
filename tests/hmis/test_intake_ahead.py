"""Reading ahead: the same values in the same order, and whatever goes wrong at its place."""

import threading
from collections.abc import Generator
from contextlib import closing
from contextvars import ContextVar

import pytest

from adminops.hmis.intake.ahead import one_ahead

WHO: ContextVar[str] = ContextVar("who", default="nobody")


def numbers(told: list[str], *, fails_at: int = -1) -> Generator[int, None, None]:
    try:
        for number in range(5):
            if number == fails_at:
                raise ValueError("no more")
            told.append(f"{WHO.get()} in {threading.current_thread().name.rpartition('_')[0]}")
            yield number
    finally:
        told.append("closed")


def test_values_come_in_order_from_another_thread_with_the_context_of_this_one() -> None:
    told: list[str] = []
    WHO.set("somebody")
    assert list(one_ahead(numbers(told))) == [0, 1, 2, 3, 4]
    assert told == ["somebody in adminops reader"] * 5 + ["closed"]


def test_what_goes_wrong_is_raised_after_the_values_before_it() -> None:
    told: list[str] = []
    values = one_ahead(numbers(told, fails_at=3))
    assert [next(values), next(values), next(values)] == [0, 1, 2]
    with pytest.raises(ValueError, match="no more"):
        next(values)
    assert told[-1] == "closed"


def test_whoever_stops_early_leaves_nothing_open() -> None:
    told: list[str] = []
    before = threading.active_count()
    with closing(one_ahead(numbers(told))) as values:
        assert next(values) == 0
    assert told[-1] == "closed"
    assert threading.active_count() == before
