"""What differs and what may be done about it: the pure part of comparing with a directory."""

from dataclasses import replace
from typing import Any

import pytest

from accounts.directory import Desired, Entry
from accounts.reconciling.comparing import MENDED, FindingKind, Ours, brake, compare
from tests.accounts.directory.places import GROUPS, person

K = FindingKind


def _entry(desired: Desired, **over: Any) -> Entry:
    same = ("key", "username", "name", "email", "title", "enabled", "groups", "archived")
    return Entry(**{"id": "7", **{name: getattr(desired, name) for name in same}, **over})


def _found(desired: Desired, *entries: Entry, **over: Any) -> list[FindingKind]:
    return [each.kind for each in compare([Ours(1, desired, **{"id": "7", **over})], entries)]


def test_nothing_differs_where_all_is_as_desired() -> None:
    desired = person(groups=GROUPS)
    assert _found(desired, _entry(desired)) == []


@pytest.mark.parametrize(
    ("over", "kinds"),
    [
        ({"enabled": False}, [K.CLOSED]),
        ({"groups": frozenset()}, [K.GROUPS]),
        ({"name": "Other"}, [K.DRIFT]),
        ({"email": "a@b.example", "title": ""}, [K.DRIFT]),
        ({"archived": True}, [K.DRIFT]),
        ({"id": "8"}, [K.REPLACED]),
        ({"enabled": False, "groups": frozenset(), "username": "x"}, [K.CLOSED, K.GROUPS, K.DRIFT]),
    ],
)
def test_each_difference_is_named(over: dict[str, Any], kinds: list[FindingKind]) -> None:
    desired = person(groups=GROUPS)
    assert _found(desired, _entry(desired, **over)) == kinds


def test_open_there_and_closed_here_is_the_worst() -> None:
    desired = person(enabled=False)
    assert _found(desired, _entry(desired, enabled=True)) == [K.OPEN]
    assert next(iter(FindingKind)) is K.OPEN


def test_missing_is_only_what_the_directory_was_told_of_and_is_not_put_away() -> None:
    desired = person()
    assert _found(desired) == [K.MISSING]
    assert _found(desired, is_known=False) == []
    assert _found(replace(desired, enabled=False, archived=True)) == []


def test_two_entries_with_one_number_are_not_compared_further() -> None:
    desired = person()
    assert _found(desired, _entry(desired, enabled=False), _entry(desired, name="Other")) == [K.DUPLICATE]


def test_c6_entry_without_an_account_is_shown_and_never_touched() -> None:
    [found] = compare([], [_entry(person())])
    assert (found.kind, found.account_id) == (K.ORPHAN, None)
    assert not {K.ORPHAN, K.DUPLICATE, K.REPLACED} & MENDED


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"known": 300, "seen": 0, "seen_before": 300, "planned": 0}, "shows none of 300"),
        ({"known": 300, "seen": 0, "seen_before": None, "planned": 0}, "shows none"),
        ({"known": 300, "seen": 269, "seen_before": 300, "planned": 0}, "Too many are gone"),
        ({"known": 300, "seen": 270, "seen_before": 300, "planned": 6}, None),
        ({"known": 300, "seen": 300, "seen_before": 300, "planned": 7}, "7 accounts would be changed"),
        ({"known": 20, "seen": 20, "seen_before": 20, "planned": 5}, None),
        ({"known": 20, "seen": 20, "seen_before": 20, "planned": 6}, "more than 5"),
        ({"known": 0, "seen": 0, "seen_before": None, "planned": 0}, None),
    ],
)
def test_c1_c2_brakes_hold_when_too_much_is_gone_or_would_change(numbers: dict[str, Any], words: str | None) -> None:
    why = brake(**numbers)
    assert (why is None) if words is None else (why is not None and words in why)


def test_ten_thousand_accounts_are_compared_in_a_moment() -> None:
    wanted = [person(groups=GROUPS) for _ in range(10_000)]
    entries = [_entry(desired, enabled=number % 1000 != 0) for number, desired in enumerate(wanted)]
    ours = [Ours(number, desired, id="7") for number, desired in enumerate(wanted)]
    assert [each.kind for each in compare(ours, entries)] == [K.CLOSED] * 10
