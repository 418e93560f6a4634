"""SSNs at rest: sealed, bound to their record, found by keyed indexes only."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from adminops.crypto import CannotDecrypt, KeyRing
from adminops.hmis import sealing
from adminops.hmis.intake import import_export
from adminops.hmis.models import HmisSource
from tests.hmis.exports import SmallExport


def test_a_sealed_ssn_opens_for_its_own_record_only(ring: KeyRing):
    sealed = sealing.seal_ssn(1, "C1", "219450817").sealed
    assert sealing.open_ssn(1, "C1", sealed) == "219450817"
    for source_id, personal_id in ((2, "C1"), (1, "C2")):
        with pytest.raises(CannotDecrypt):
            sealing.open_ssn(source_id, personal_id, sealed)


def test_the_same_ssn_is_sealed_differently_and_indexed_alike(ring: KeyRing):
    one, other = sealing.seal_ssn(1, "C1", "219450817"), sealing.seal_ssn(1, "C2", "219450817")
    assert one.sealed != other.sealed
    assert (one.number_index, one.last4_index) == (other.number_index, other.last4_index)
    assert one.number_index != one.last4_index


@pytest.mark.parametrize(
    ("ssn", "has_index", "has_last4"),
    [
        ("219450817", True, True),
        ("xxxxx0817", False, True),
        ("21945xxxx", False, False),
        ("000450817", False, True),
        ("666450817", False, True),
        ("919450817", False, True),
        ("219000817", False, True),
        ("219450000", False, False),
        ("111111111", False, True),
        ("123456789", False, True),
        ("0817", False, False),
        ("a" * 64, True, False),
        ("0817" + "a" * 64, True, True),
    ],
)
def test_only_numbers_that_identify_are_indexed(ring: KeyRing, ssn: str, has_index: bool, has_last4: bool):
    sealed = sealing.seal_ssn(1, "C1", ssn)
    assert (sealed.number_index is not None, sealed.last4_index is not None) == (has_index, has_last4)


def test_no_ssn_is_nothing(ring: KeyRing):
    assert sealing.seal_ssn(1, "C1", "") == sealing.NO_SSN
    assert sealing.open_ssn(1, "C1", None) == ""
    assert sealing.last4_index("12a4") is None


@pytest.mark.parametrize(
    ("ssn", "shown"),
    [
        ("219450817", "•••-••-0817"),
        ("xxxxxxxxx", "•••-••-••••"),
        ("", ""),
        ("a" * 64, "hashed"),
        ("0817", "•••-••-••••"),
    ],
)
def test_an_ssn_is_shown_masked(ssn: str, shown: str):
    assert sealing.mask_ssn(ssn) == shown


def test_without_a_key_ring_nothing_is_stored():
    before = list(sealing._rings)
    sealing._rings.clear()
    try:
        with pytest.raises(RuntimeError, match="No key ring"):
            sealing.seal_ssn(1, "C1", "219450817")
    finally:
        sealing._rings[:] = before


def test_the_database_holds_no_ssn_and_no_plain_hash_of_one(session: Session, source: HmisSource, tmp_path):
    export = SmallExport().add_client().change("Client", 0, DOB="not a date 219450817")
    import_export(export.zip(tmp_path / "x.zip"), source=source, by_id=None)
    tables = ("hmis_client", "hmis_unreadable", "hmis_import_problem", "hmis_import", "hmis_export")
    held = str([session.execute(text(f"SELECT * FROM {table}")).all() for table in tables])
    assert "Lopez" in held
    assert "219450817" not in held
    assert "219-45" not in held


def test_row_hashes_can_not_be_tried_without_the_key(session: Session, source: HmisSource, tmp_path):
    from adminops.hmis.intake.writing import FileCounts

    export = SmallExport().add_client()
    first = import_export(export.zip(tmp_path / "x.zip"), source=source, by_id=None)
    assert first.files["Client.csv"] == FileCounts(read=1, added=1)
    under_one_key = session.execute(text("SELECT row_hash FROM hmis_client")).scalar_one()
    with sealing.using(KeyRing.generate()):
        again = import_export(export.zip(tmp_path / "y.zip"), source=source, by_id=None)
    assert again.files["Client.csv"].updated == 1
    assert session.execute(text("SELECT row_hash FROM hmis_client")).scalar_one() != under_one_key


def test_a_throwaway_ring_is_that_of_one_thread_alone(ring: KeyRing):
    """A check of a file must not have an import beside it seal under keys that nobody keeps."""
    seen, before = [], list(sealing._rings)
    with sealing.using(KeyRing.generate()):
        sealing.use(ring)
        beside = threading.Thread(target=lambda: seen.append(sealing.key_ring()))
        beside.start()
        beside.join()
        assert sealing.key_ring() != ring
    sealing._rings[:] = before
    assert seen == [ring]
