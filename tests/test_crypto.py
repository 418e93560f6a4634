"""Field encryption: what is sealed opens for its own cell alone, and a lost ring is never replaced in silence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminops.crypto import LOOKED_AT_EVERY, CannotDecrypt, KeyRing, RingFile

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
    assert wider.index_keys == RING.index_keys  # look-ups go on
    assert wider.row_key == RING.row_key


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
        json.dumps({**GOOD, "index_keys": {"1": ""}}),
        json.dumps({**GOOD, "index_keys": {"1": 5}}),
        json.dumps({**GOOD, "index_keys": {}}),
        json.dumps({**GOOD, "row_key": ""}),
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
        "index keys left empty",
        "no row key",
        "the index keys left out",
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
    assert repr(RING.index_keys[1]) not in repr(RING)
    assert repr(RING.row_key) not in repr(RING)


def test_a_ring_of_the_first_form_is_read_and_its_one_index_key_goes_on_hashing_rows(tmp_path: Path) -> None:
    path = tmp_path / "fields.json"
    path.write_text(json.dumps({"keys": GOOD["keys"], "index_key": GOOD["index_keys"]["1"]}))
    ring = KeyRing.load(path)
    assert ring.index_keys == RING.index_keys
    assert ring.row_key == RING.index_keys[1]
    later = ring.with_new_index_key().without("index", 1)
    assert later.row_key == RING.index_keys[1], "no row may look changed because look-ups got a new key"
    path.write_text(later.to_json())
    assert KeyRing.load(path) == later


def test_look_ups_go_by_every_index_key_the_newest_first() -> None:
    wider = RING.with_new_index_key()
    old, new = (ring.blind_index("219091234", purpose="client|ssn") for ring in (RING, wider))
    assert old != new
    assert wider.blind_indexes("219091234", purpose="client|ssn") == [new, old]


def test_the_current_key_can_not_be_taken_out() -> None:
    wider = RING.with_new_key().with_new_index_key()
    assert sorted(wider.without("key", 1).keys) == [2]
    assert sorted(wider.without("index", 1).index_keys) == [2]
    for kind in ("key", "index"):
        with pytest.raises(ValueError, match="current"):
            wider.without(kind, 2)  # type: ignore[arg-type]


# --- the file ---


@pytest.fixture
def file(tmp_path: Path) -> RingFile:
    return RingFile(tmp_path / "keys" / "fields.json")


def test_a_change_is_on_the_disk_and_the_ring_before_beside_it(file: RingFile) -> None:
    before = file.path.read_bytes()
    changed = file.change(lambda ring: ring.with_new_key(), reason="key-2")
    assert file.ring() == changed == KeyRing.load(file.path)
    kept = file.path.with_name("fields.before-key-2.json")
    assert kept.read_bytes() == before
    assert {path.name for path in file.path.parent.iterdir()} == {"fields.json", kept.name}
    assert {path.stat().st_mode & 0o777 for path in file.path.parent.iterdir()} == {0o600}


def test_no_ring_that_was_kept_is_overwritten_by_another(file: RingFile) -> None:
    for _ in range(3):
        file.change(lambda ring: ring.with_new_key(), reason="key")
    kept = {path.read_text() for path in file.path.parent.glob("fields.before-key*.json")}
    assert [sorted(map(int, json.loads(text)["keys"])) for text in sorted(kept, key=len)] == [[1], [1, 2], [1, 2, 3]]


def test_a_running_process_learns_of_a_change(file: RingFile) -> None:
    running = RingFile(file.path)
    changed = file.change(lambda ring: ring.with_new_key(), reason="key-2")
    assert running.ring(anew=True) == changed
    file.change(lambda ring: ring.with_new_key(), reason="key-3")
    running._looked_at -= LOOKED_AT_EVERY + 0.1
    assert running.ring().current == 3


def test_nothing_is_sealed_under_a_ring_whose_file_is_gone_or_damaged(file: RingFile) -> None:
    text = file.path.read_text()
    file.path.unlink()
    with pytest.raises(CannotDecrypt, match="is gone"):
        file.ring(anew=True)
    assert not file.path.exists(), "a new ring would hide the loss"
    file.path.write_text("{")
    with pytest.raises(CannotDecrypt, match="can't be read"):
        file.ring(anew=True)
    file.path.write_text(text)
    assert file.ring(anew=True).current == 1


def test_changes_by_several_processes_lose_no_key(file: RingFile) -> None:
    code = (
        "import sys; from pathlib import Path; from adminops.crypto import RingFile\n"
        "file = RingFile(Path(sys.argv[1]))\n"
        "for _ in range(5): file.change(lambda ring: ring.with_new_key(), reason='key')"
    )
    command = [sys.executable, "-c", code, str(file.path)]
    running = [subprocess.Popen(command, cwd=Path(__file__).parents[1]) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert sorted(KeyRing.load(file.path).keys) == list(range(1, 12))


def test_a_change_that_fails_leaves_the_ring_and_nothing_else(file: RingFile) -> None:
    before = file.path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        file.change(lambda _: 1 / 0, reason="key-2")  # type: ignore[arg-type,return-value]
    assert [path.read_bytes() for path in file.path.parent.iterdir()] == [before]
