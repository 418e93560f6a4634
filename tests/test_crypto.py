"""Field encryption: what is sealed opens for its own cell alone, and a lost ring is never replaced in silence."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminops.crypto import CannotDecrypt, KeyRing

CELL = "hmis_client|ssn_sealed|1|P1"
RING = KeyRing.generate()


@given(st.text())
def test_what_is_sealed_opens_again(value: str) -> None:
    assert RING.decrypt(RING.encrypt(value, bound_to=CELL), bound_to=CELL) == value


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert len({RING.encrypt("219091234", bound_to=CELL) for _ in range(50)}) == 50


def test_the_value_does_not_stand_in_what_is_stored() -> None:
    assert b"219091234" not in RING.encrypt("219091234", bound_to=CELL)


def test_a_value_copied_to_another_row_does_not_open() -> None:
    sealed = RING.encrypt("219091234", bound_to=CELL)
    with pytest.raises(CannotDecrypt):
        RING.decrypt(sealed, bound_to="hmis_client|ssn_sealed|1|P2")


@given(st.integers(0, 39), st.integers(1, 255))
def test_a_changed_value_does_not_open(at: int, by: int) -> None:
    sealed = bytearray(RING.encrypt("219091234", bound_to=CELL))
    sealed[at] ^= by
    with pytest.raises(CannotDecrypt) as refusal:
        RING.decrypt(bytes(sealed), bound_to=CELL)
    assert "219091234" not in str(refusal.value)


@given(st.binary(max_size=60))
def test_anything_else_does_not_open(stored: bytes) -> None:
    with pytest.raises(CannotDecrypt):
        RING.decrypt(stored, bound_to=CELL)


def test_a_value_that_was_cut_short_does_not_open() -> None:
    sealed = RING.encrypt("219091234", bound_to=CELL)
    for length in range(len(sealed)):
        with pytest.raises(CannotDecrypt):
            RING.decrypt(sealed[:length], bound_to=CELL)


def test_a_value_sealed_under_another_ring_does_not_open() -> None:
    with pytest.raises(CannotDecrypt):
        KeyRing.generate().decrypt(RING.encrypt("219091234", bound_to=CELL), bound_to=CELL)


def test_a_new_key_seals_and_the_old_ones_still_open() -> None:
    old = RING.encrypt("219091234", bound_to=CELL)
    wider = RING.with_new_key()
    new = wider.encrypt("219091234", bound_to=CELL)
    assert (wider.key_of(old), wider.key_of(new), wider.current) == (1, 2, 2)
    assert wider.decrypt(old, bound_to=CELL) == wider.decrypt(new, bound_to=CELL) == "219091234"
    with pytest.raises(CannotDecrypt, match="not in the key ring"):
        RING.decrypt(new, bound_to=CELL)
    assert wider.index_key == RING.index_key  # look-ups go on


def test_a_look_up_needs_the_key_and_is_for_one_purpose() -> None:
    index = RING.blind_index("219091234", purpose="client|ssn")
    assert index == RING.blind_index("219091234", purpose="client|ssn")
    assert len(index) == 32
    others = {
        RING.blind_index("219091235", purpose="client|ssn"),
        RING.blind_index("219091234", purpose="client|ssn-last4"),
        KeyRing.generate().blind_index("219091234", purpose="client|ssn"),
    }
    assert index not in others


def test_purpose_and_value_do_not_run_into_each_other() -> None:
    assert RING.blind_index("b", purpose="a") != RING.blind_index("", purpose="a\x00b")
    assert RING.blind_index("xb", purpose="a") != RING.blind_index("b", purpose="ax")


def test_a_ring_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "fields.json"
    ring = KeyRing.load(path)
    assert KeyRing.load(path) == ring
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_ring_survives_being_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "fields.json"
    wider = RING.with_new_key()
    path.write_text(wider.to_json())
    assert KeyRing.load(path) == wider


GOOD = json.loads(RING.to_json())


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        json.dumps({**GOOD, "keys": {}}),
        json.dumps({**GOOD, "keys": {"one": GOOD["keys"]["1"]}}),
        json.dumps({**GOOD, "keys": {"1": "c2hvcnQ="}}),
        json.dumps({**GOOD, "keys": ["x"]}),
        json.dumps({**GOOD, "index_key": ""}),
        json.dumps({**GOOD, "index_key": 5}),
        json.dumps({"keys": GOOD["keys"]}),
    ],
    # Named by hand: the ring differs from run to run, and every worker of a run has to collect the same names.
    ids=[
        "nothing",
        "half a text",
        "a list",
        "null",
        "no parts",
        "no keys",
        "a key with no number",
        "a short key",
        "keys that are a list",
        "no index key",
        "an index key that is a number",
        "the index key left out",
    ],
)
def test_a_damaged_ring_stops_the_app_and_is_left_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "fields.json"
    path.write_text(content)
    with pytest.raises(CannotDecrypt, match="restore it from its backup"):
        KeyRing.load(path)
    assert path.read_text() == content


def test_keys_stand_in_no_text_of_the_ring() -> None:
    assert repr(RING.keys[1]) not in repr(RING)
    assert repr(RING.index_key) not in repr(RING)
