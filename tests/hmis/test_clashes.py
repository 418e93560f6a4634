"""Where two stays of one person clash: nights in two places, and two stays in one project."""

from datetime import date
from typing import Any

import pytest

from adminops.hmis.clashes import clashes_of
from adminops.hmis.stays import Stay

TODAY = date(2026, 11, 26)
ES, NBN, TH, PSH, OUTREACH, RRH, CE = 0, 1, 2, 3, 4, 13, 14


def stay(number: int, kind: int, entry: int | None, exit_: int | None = None, **over: Any) -> Stay:
    """A stay in a project of its own, from and to a day of March 2026."""
    values: dict[str, Any] = dict.fromkeys(Stay.__dataclass_fields__, "")
    values |= {"id": number, "source_id": 1, "project_id": f"P{number}", "project_type": kind, "move_in_date": None}
    values |= {"entry_date": date(2026, 3, entry) if entry else None, "service_days": ()}
    values |= {"exit_date": date(2026, 3, exit_) if exit_ else None, **over}
    return Stay(**values)


def moved_in(day: int) -> dict[str, date]:
    return {"move_in_date": date(2026, 3, day)}


CASES = {
    "two shelters at once": ([stay(1, ES, 1, 10), stay(2, TH, 8, 20)], 2),
    "one after the other": ([stay(1, ES, 1, 10), stay(2, ES, 10, 20)], 0),
    "one inside the other": ([stay(1, ES, 1, 20), stay(2, TH, 5, 6)], 1),
    "a shelter and outreach": ([stay(1, ES, 1, 10), stay(2, OUTREACH, 1, 20)], 0),
    "a shelter and coordinated entry": ([stay(1, ES, 1, 10), stay(2, CE, 1)], 0),
    "a night-by-night shelter": ([stay(1, ES, 1, 10), stay(2, NBN, 1, 10)], 0),
    "housing before the move-in": ([stay(1, ES, 1, 10), stay(2, RRH, 1)], 0),
    "housing after the move-in": ([stay(1, ES, 1, 10), stay(2, RRH, 1, **moved_in(6))], 4),
    "two homes": ([stay(1, PSH, 1, 20, **moved_in(2)), stay(2, RRH, 1, 20, **moved_in(18))], 2),
    "twice in one project": ([stay(1, OUTREACH, 1, 10), stay(2, OUTREACH, 5, 20, project_id="P1")], 5),
    "a stay without a start": ([stay(1, ES, None, 10), stay(2, ES, 1, 20)], 0),
    "a stay that ends before it begins": ([stay(1, ES, 9, 3), stay(2, ES, 1, 20)], 0),
}


@pytest.mark.parametrize("case", CASES)
def test_stays_clash_by_the_nights_that_they_share(case: str) -> None:
    stays, nights = CASES[case]
    found = clashes_of(stays, TODAY)
    assert clashes_of(stays[::-1], TODAY) == found
    assert {id_: [clash.nights for clash in clashes] for id_, clashes in found.items()} == (
        {1: [nights], 2: [nights]} if nights else {}
    )


def test_a_clash_names_the_other_stay_and_its_nights() -> None:
    one, other = stay(1, ES, 1, 10), stay(2, TH, 8)
    (clash,) = clashes_of([one, other], TODAY)[1]
    assert (clash.other, clash.first, clash.last) == (other, date(2026, 3, 8), date(2026, 3, 9))


def test_an_open_stay_goes_on_to_this_night() -> None:
    found = clashes_of([stay(1, ES, 1), stay(2, TH, 2)], date(2026, 3, 4))
    assert found[1][0].last == date(2026, 3, 4)
