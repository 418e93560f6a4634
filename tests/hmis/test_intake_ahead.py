"""Reading ahead: the same values in the same order, and whatever goes wrong at its place."""

import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from contextvars import ContextVar
from io import BufferedReader, BytesIO
from typing import Any

import pytest

from adminops.hmis.intake import ImportResult, packages
from adminops.hmis.intake.ahead import one_ahead
from tests.hmis.exports import whole_export

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


ENDING = """
import threading, time
from concurrent.futures import thread
from adminops.hmis.intake.ahead import one_ahead

def work():
    values = one_ahead(iter_of(range(5)))
    found = [next(values)]
    begun.set()
    while not thread._shutdown:
        time.sleep(0.01)
    print(found + list(values))

def iter_of(numbers):
    yield from numbers

begun = threading.Event()
threading.Thread(target=work).start()
begun.wait()
"""
"""A process whose main thread ends while another one reads: no thread takes new work from then on."""


def test_what_was_begun_is_read_to_its_end_when_the_main_thread_has_ended() -> None:
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[0, 1, 2, 3, 4]\n", "")


def test_no_value_is_lost_when_a_thread_can_be_had_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    start, tries = threading.Thread.start, []

    def refuse_the_first(thread: threading.Thread) -> None:
        tries.append(thread)
        if len(tries) == 1:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_the_first)
    told: list[str] = []
    assert list(one_ahead(numbers(told))) == [0, 1, 2, 3, 4]
    assert told[-1] == "closed"
    assert len(tries) == 1


@pytest.mark.parametrize("app", ["postgresql"], indirect=True)  # SQLite gets no second thread
def test_only_the_thread_that_reads_a_file_asks_how_far_it_was_read(
    take: Callable[..., ImportResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Told(BufferedReader):
        def tell(self) -> int:
            asked.append(threading.current_thread().name)
            return super().tell()

    def opened(archive: Any, info: Any) -> Callable[[], BufferedReader]:
        return lambda: Told(BytesIO(archive.read(info)))

    monkeypatch.setattr(packages, "_zip_opener", opened)
    assert take(whole_export()).status == "applied"
    assert {name.rpartition("_")[0] for name in asked} == {"adminops reader"}
