"""The compiled loops, beside numpy: nothing that they find may differ."""

import shutil
from collections.abc import Iterator
from datetime import date
from importlib.machinery import EXTENSION_SUFFIXES
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from dedupe.matching import kernels as compiled
from dedupe.matching.blocking import USUAL, find_candidates
from dedupe.matching.cleaning import Clean, clean
from dedupe.matching.columns import Columns
from dedupe.matching.fields import Field
from dedupe.matching.kernels import kernels
from dedupe.matching.levels import Comparer
from dedupe.matching.matching import match
from dedupe.matching.training import even_pairs
from dedupe.matching.values import count_values
from tests.dedupe.matching.columns import columns_of
from tests.dedupe.matching.people import make_people
from tests.dedupe.matching.records import Record
from tests.services.requirements import skip_optional

NAMES = (
    ("Dolores", "", "Whitaker"), ("Lola", "Ana", "Whitaker"), ("D", "", "Whitaker"), ("Whitaker", "", "Dolores"),
    ("Whitaker", "", "Dolorez"), ("Ana", "Dolores", "Whittaker"), ("", "", "Whitaker"), ("Dolores", "W", "De la Cruz"),
    ("Dolores", "", "Cruz-Whitaker"), ("Dol", "", "Wi"), ("Phil", "Whitaker", "Kohn"), ("Fil", "", "Cohn"),
    ("W", "W", "W"), ("José", "", "Núñez"), ("Whitaker", "Ana", "Dolores"),
)  # fmt: skip
NUMBERS = (
    "", "219450817", "219450871", "219450819", "219850819", "219450818", "412339054", "xxxxx0817", "21945xxxx",
    "xxxxx9054", "919450817", "2194x0817", "000000871",
)  # fmt: skip
DAYS = (
    None, date(1987, 3, 11), date(1987, 11, 3), date(1987, 3, 12), date(1978, 3, 11), date(1987, 1, 1),
    date(1988, 6, 20), date(1962, 3, 11), date(1987, 3, 21), date(2003, 9, 30),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    kernels.cache_clear()


def by_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMINOPS_NUMPY_ALONE", "1")
    kernels.cache_clear()
    assert kernels() is None


def compiled_here() -> None:
    if kernels() is None:
        assert not shutil.which("cc"), "the loops are not compiled: ./dev setup"
        skip_optional("there is no C compiler here")


def odd_records() -> Columns:
    """Every name with some numbers and dates: more ways to agree in part than a town has."""
    found = []
    for key, ((first, middle, last), ssn, born) in enumerate(product(NAMES, NUMBERS[::2], DAYS[::3])):
        found.append(_record(key, first, middle, last, ssn, born))
    for key, (ssn, born) in enumerate(product(NUMBERS, DAYS), len(found)):
        found.append(_record(key, *NAMES[key % 3], ssn, born))
    return columns_of(found)


def _record(key: int, first: str, middle: str, last: str, ssn: str, born: date | None) -> Record:
    races = ({"White"}, {"White", "Asian"}, {"Asian"}, set[str]())[key % 4]
    return Record(
        key, first, middle, last, ("", "Jr", "Sr")[key % 7 % 3], (1, 1, 2)[key % 3], ssn, (1, 2)[key % 5 == 0], born,
        (1, 2)[key % 11 == 0], (0, 1, 99)[key % 3], frozenset(races), (0, 1, 99)[key % 5 % 3],
    )  # fmt: skip


def patterns_of(records: Clean, pairs: tuple[np.ndarray, np.ndarray]) -> list[int]:
    values = count_values(records)
    comparer = Comparer(records, values.rank[Field.FIRST], values.rank[Field.LAST])
    found: list[int] = comparer.patterns(*pairs, 2, step=10_000).tolist()
    return found


@pytest.mark.parametrize("turned", [False, True])
def test_every_pair_of_odd_records_compares_as_numpy_compares_it(turned: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled_here()
    records = clean(odd_records())
    one, other = even_pairs(len(records), 10**9)
    pairs = (other, one) if turned else (one, other)
    found = patterns_of(records, pairs)
    by_numpy(monkeypatch)
    assert found == patterns_of(records, pairs)


def test_what_a_town_gives_is_the_same_to_the_last_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled_here()
    people = columns_of(make_people(3_000, seed=11, noise=2.0, repeats=0.3).records)
    found, records = match(people, minimum=0.001), clean(people)
    candidates = find_candidates(records, USUAL, 2)
    by_numpy(monkeypatch)
    again, others = match(people, minimum=0.001), find_candidates(records, USUAL, 2)
    assert found.candidate_pairs == again.candidate_pairs == len(candidates.one)
    assert candidates.one.tolist() == others.one.tolist()
    assert candidates.other.tolist() == others.other.tolist()
    assert len(found.pairs) > 500
    assert found.pairs.probability.tolist() == again.pairs.probability.tolist()
    assert (found.pairs.one.tolist(), found.pairs.other.tolist()) == (
        again.pairs.one.tolist(),
        again.pairs.other.tolist(),
    )
    assert found.model.as_numbers() == again.model.as_numbers()


def test_pairs_for_which_there_was_no_room_at_first_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled_here()
    monkeypatch.setattr(compiled, "_FIRST_GUESS", 10**9)
    same = columns_of([Record(key, "Dolores", "", "Whitaker", ssn="219450817") for key in range(70)])
    assert len(find_candidates(clean(same), USUAL, 1).one) == 70 * 69 // 2


def test_more_kinds_of_patterns_than_there_is_room_for_are_left_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled_here()
    own = kernels()
    assert own is not None
    monkeypatch.setattr(compiled, "_MOST_PATTERNS", 16)
    assert own.numbered(np.arange(9, dtype=np.int64)) is None
    keys, counts, numbers = own.numbered(np.array([7, 5, 7, 0], dtype=np.int64)) or ((), (), ())
    assert (list(keys), list(counts), list(numbers)) == ([7, 5, 0], [2, 1, 1], [0, 1, 0, 2])


def test_an_array_of_another_kind_is_refused() -> None:
    compiled_here()
    own = kernels()
    assert own is not None
    with pytest.raises(TypeError, match="another kind"):
        own.numbered(np.arange(9, dtype=np.int32))


def test_values_that_are_larger_than_their_place_are_refused() -> None:
    with pytest.raises(TypeError, match="first"):
        compiled.rows_of({"first": np.arange(3, dtype=np.int64)}, {"first": "i4"})


def test_a_library_of_another_version_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled_here()
    kernels.cache_clear()
    monkeypatch.setattr(compiled, "VERSION", 0)
    assert kernels() is None


def test_a_library_that_does_not_load_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "native").mkdir()
    (tmp_path / "native" / f"kernels{EXTENSION_SUFFIXES[0]}").write_bytes(b"no library")
    kernels.cache_clear()
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "kernels.py"))
    assert kernels() is None
