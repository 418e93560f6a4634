"""What every place of accounts does alike: this database, the fake and a real OpenLDAP."""

from contextlib import nullcontext
from datetime import timedelta

import pytest

from accounts.directory.values import DirectoryProblem, Refused, Taken, Verdict
from adminops import clock
from tests.accounts.directory.places import GROUPS, OTHER, PASSWORD, Place, changed, person

ODD = (
    "a*b",
    "a(b",
    "a)b",
    "a\\b",
    "a,b",
    "a=b",
    "a+b",
    "a#b",
    'a"b',
    "a<b>",
    "a;b",
    " ab",
    "ab ",
    "#ab",
    "*",
    "é-ö",
    "a/b",
)


def test_unknown_account_is_certainly_not_there(place: Place) -> None:
    assert place.directory.find(person().key) is None


def test_new_account_stands_as_desired(place: Place) -> None:
    desired = person(groups=GROUPS)
    place.put(desired)
    entry = place.entry(desired)
    for name in ("key", "username", "name", "email", "title", "enabled", "groups", "archived"):
        assert getattr(entry, name) == getattr(desired, name), name
    assert entry.id


def test_b1_telling_it_twice_is_telling_it_once(place: Place) -> None:
    desired = person(groups=GROUPS)
    place.put(desired)
    before = place.entry(desired)
    for _ in range(2):
        assert not place.put(desired)
    assert place.entry(desired) == before


@pytest.mark.parametrize("field", ["name", "email", "title"])
def test_changed_particulars_are_taken_over(place: Place, field: str) -> None:
    desired = person()
    place.put(desired)
    later = changed(desired, **{field: f"new-{desired.username}@other.example.org" if field == "email" else "Other"})
    place.put(later)
    assert getattr(place.entry(later), field) == getattr(later, field)
    assert not place.put(later)


def test_empty_title_and_one_word_names_are_fine(place: Place) -> None:
    desired = person(title="", name="Cher")
    place.put(desired)
    assert (place.entry(desired).title, place.entry(desired).name) == ("", "Cher")
    assert not place.put(desired)


def test_closed_account_lets_nobody_in_and_opens_with_the_password_of_before(place: Place) -> None:
    desired = place.with_password(person())
    assert place.directory.verify(desired.key, PASSWORD) is Verdict.OK
    place.put(changed(desired, enabled=False))
    assert not place.entry(desired).enabled
    assert place.directory.verify(desired.key, PASSWORD) is Verdict.DISABLED
    place.put(desired)
    assert place.directory.verify(desired.key, PASSWORD) is Verdict.OK


def test_a3_no_password_opens_a_closed_account(place: Place) -> None:
    desired = changed(place.with_password(person()), enabled=False)
    place.put(desired)
    place.directory.set_password(desired, OTHER)
    assert not place.entry(desired).enabled
    assert place.directory.verify(desired.key, OTHER) is Verdict.DISABLED


def test_account_is_made_closed_where_that_is_desired(place: Place) -> None:
    desired = place.with_password(person(enabled=False))
    assert place.directory.verify(desired.key, PASSWORD) is Verdict.DISABLED


def test_groups_come_and_go(place: Place) -> None:
    one, other = sorted(GROUPS)
    desired = person(groups=frozenset({one}))
    place.put(desired)
    for groups in (GROUPS, frozenset({other}), frozenset()):
        place.put(changed(desired, groups=groups))
        assert place.entry(desired).groups == groups
    assert not place.put(changed(desired, groups=frozenset()))


def test_last_member_may_leave_a_group(place: Place) -> None:
    group = frozenset({sorted(GROUPS)[0]})
    first, second = person(groups=group), person(groups=group)
    for desired in (first, second):
        place.put(desired)
    for desired in (first, second):
        place.put(changed(desired, groups=frozenset()))
    place.put(first)
    assert place.entry(first).groups == group


def test_access_that_ends_in_the_future_is_open_until_then(place: Place) -> None:
    desired = place.with_password(person(ends_at=clock.now() + timedelta(days=3)))
    entry = place.entry(desired)
    assert entry.enabled
    assert desired.ends_at is not None
    if place.knows_end:
        assert entry.ends_at is not None
        assert abs(entry.ends_at - desired.ends_at) < timedelta(seconds=1)
    assert place.directory.verify(desired.key, PASSWORD) is Verdict.OK
    assert not place.put(desired)
    place.put(changed(desired, ends_at=None))
    assert place.entry(desired).ends_at is None


def test_archived_account_is_put_away_and_comes_back_under_the_same_number(place: Place) -> None:
    desired = place.with_password(person(groups=GROUPS))
    before = place.entry(desired)
    away = changed(desired, enabled=False, archived=True, groups=frozenset())
    place.put(away)
    entry = place.entry(away)
    assert (entry.archived, entry.enabled, entry.groups) == (True, False, frozenset())
    assert not place.put(away)
    place.put(desired)
    entry = place.entry(desired)
    assert (entry.archived, entry.enabled, entry.id) == (False, True, before.id)


def test_scan_returns_every_account_of_ours(place: Place) -> None:
    wanted = [person(groups=GROUPS), person(enabled=False), person(enabled=False, archived=True)]
    for desired in wanted[:2]:
        place.put(desired)
    place.put(changed(wanted[2], archived=False))
    place.put(wanted[2])
    found = {entry.key: entry for entry in place.directory.scan()}
    for desired in wanted:
        assert found[desired.key] == place.entry(desired)


def test_wrong_password_is_wrong(place: Place) -> None:
    desired = place.with_password(person())
    for wrong in (OTHER, PASSWORD + " ", PASSWORD.upper(), PASSWORD[:-1]):
        assert place.directory.verify(desired.key, wrong) is Verdict.WRONG


def test_account_without_a_password_lets_nobody_in(place: Place) -> None:
    desired = person()
    place.put(desired)
    assert place.directory.verify(desired.key, PASSWORD) is Verdict.WRONG


def test_unknown_account_has_no_right_password(place: Place) -> None:
    assert place.directory.verify(person().key, PASSWORD) is Verdict.WRONG


@pytest.mark.parametrize("nothing", ["", "\x00", "\x00" + PASSWORD, "x" * 1025])
def test_b8_empty_and_impossible_passwords_let_nobody_in(place: Place, nothing: str) -> None:
    desired = place.with_password(person())
    assert place.directory.verify(desired.key, nothing) is Verdict.WRONG


def test_new_password_replaces_the_one_before(place: Place) -> None:
    desired = place.with_password(person())
    place.directory.set_password(desired, OTHER)
    assert place.directory.verify(desired.key, PASSWORD) is Verdict.WRONG
    assert place.directory.verify(desired.key, OTHER) is Verdict.OK


def test_b12_password_that_has_to_be_changed_says_so_until_it_is(place: Place) -> None:
    desired = place.with_password(person())
    place.directory.set_password(desired, OTHER, must_change=True)
    assert place.entry(desired).must_change
    assert place.directory.verify(desired.key, OTHER) is Verdict.MUST_CHANGE
    place.directory.set_password(desired, "a third one, with commas")
    assert place.directory.verify(desired.key, "a third one, with commas") is Verdict.OK


def test_long_passwords_with_every_kind_of_letter_work(place: Place) -> None:
    desired = place.with_password(person(), 'naïve Zürich 東京 \\" *() and 200 more ' + "x" * 150)
    password = 'naïve Zürich 東京 \\" *() and 200 more ' + "x" * 150
    assert place.directory.verify(desired.key, password) is Verdict.OK


@pytest.mark.parametrize("odd", ODD)
def test_b9_no_letter_of_a_name_is_read_as_anything_else(place: Place, odd: str) -> None:
    username = f"{odd}{person().username}" if not odd.endswith(" ") else f"{person().username}{odd}"
    desired = person(username=username, name=f"{odd.strip() or 'x'} Zwölf", title=odd.strip(), email=person().email)
    place.put(desired)
    entry = place.entry(desired)
    assert (entry.username, entry.name, entry.title) == (desired.username, desired.name, desired.title)
    assert not place.put(desired)
    for key in (f"*{odd}", f"{desired.key}*", f"{desired.key})(uid=*"):
        assert place.directory.find(key) is None


def test_b12_wrong_tries_lock_and_unlocking_lets_the_same_password_in(place: Place) -> None:
    if not place.locks:
        assert place.directory.unlock(person().key) is False, "tries are slowed down where people sign in"
        return
    desired = place.with_password(person())
    for _ in range(5):
        place.directory.verify(desired.key, OTHER)
    assert place.entry(desired).locked
    assert place.directory.verify(desired.key, PASSWORD) is Verdict.LOCKED
    assert place.directory.unlock(desired.key)
    assert place.directory.verify(desired.key, OTHER) is Verdict.WRONG, "one slip does not lock again"
    assert place.directory.verify(desired.key, PASSWORD) is Verdict.OK
    assert not place.directory.unlock(desired.key)


def test_b12_locked_and_closed_account_is_still_closed_after_unlocking(far: Place) -> None:
    desired = far.with_password(person())
    for _ in range(5):
        far.directory.verify(desired.key, OTHER)
    far.put(changed(desired, enabled=False))
    far.directory.unlock(desired.key)
    assert far.directory.verify(desired.key, PASSWORD) is Verdict.DISABLED


@pytest.mark.parametrize("weak", ["short", PASSWORD])
def test_rules_of_the_directory_are_a_refusal_and_change_nothing(far: Place, weak: str) -> None:
    desired = far.with_password(person())
    with pytest.raises(Refused) if weak == "short" or far.remembers else nullcontext():
        far.directory.set_password(desired, weak)
    assert far.directory.verify(desired.key, PASSWORD) is Verdict.OK


@pytest.mark.parametrize("field", ["username", "email"])
def test_entry_of_somebody_else_is_never_taken_over(far: Place, field: str) -> None:
    first = person()
    far.put(first)
    second = person(**{field: getattr(first, field)})
    if field == "email" and not far.knows_unique:
        assert far.put(second), "AdminOps itself has to see to that there"
        return
    with pytest.raises(Taken):
        far.put(second)
    assert far.directory.find(second.key) is None
    assert far.entry(first).name == first.name


def test_a6_other_user_name_keeps_entry_password_and_groups(far: Place) -> None:
    desired = far.with_password(person(groups=GROUPS))
    before = far.entry(desired)
    renamed = changed(desired, username=person().username)
    far.put(renamed)
    entry = far.entry(renamed)
    assert (entry.id, entry.username, entry.groups) == (before.id, renamed.username, GROUPS)
    assert far.directory.verify(desired.key, PASSWORD) is Verdict.OK
    assert not far.put(renamed)


def test_health_counts_the_people(far: Place) -> None:
    before = far.directory.health().people
    far.put(person())
    assert far.directory.health().people == before + 1


def test_archiving_who_was_never_there_makes_nobody(far: Place) -> None:
    desired = person(enabled=False, archived=True)
    assert not far.put(desired)
    assert far.directory.find(desired.key) is None


def test_every_problem_is_a_sentence_without_a_name(far: Place) -> None:
    first = person()
    far.put(first)
    with pytest.raises(DirectoryProblem) as refused:
        far.put(person(username=first.username))
    assert first.username not in refused.value.sentence
    assert refused.value.sentence.endswith(".")
