"""Damaged files: nothing crashes, every line is accounted for, and what is refused leaves nothing behind."""

import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops.hmis import sources
from adminops.hmis.intake import import_export
from adminops.hmis.models import Client, Project
from tests.hmis.conftest import on_sqlite
from tests.hmis.exports import whole_export


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The bytes of a file, hurt in one to four places."""
    hurt = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(hurt) + 1)
        kind = chance.choice(["flip", "cut", "quote", "break", "commas", "noise", "swap", "end"])
        if kind == "flip" and place < len(hurt):
            hurt[place] = chance.randrange(256)
        elif kind == "cut":
            del hurt[place : place + chance.randint(1, 60)]
        elif kind == "swap":
            rows = [line.split(b",") for line in bytes(hurt).split(b"\r\n")]
            one, other = (chance.randrange(len(rows[0])) for _ in "ab")
            for row in rows:
                if max(one, other) < len(row):
                    row[one], row[other] = row[other], row[one]
            hurt = bytearray(b"\r\n".join(b",".join(row) for row in rows))
        elif kind == "end":
            del hurt[place:]
        else:
            noise = bytes(chance.randrange(256) for _ in range(4))
            hurt[place:place] = {"quote": b'"', "break": b"\r\n", "commas": b",,,", "noise": noise}.get(kind, b"")
    return bytes(hurt)


@on_sqlite
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_damaged_files_never_crash_an_import(session: Session, tmp_path: Path, seed: int):
    chance = random.Random(seed)
    export = whole_export()
    files = export.files()
    for name in chance.sample(sorted(files), chance.randint(1, 4)):
        export.raw[name] = damaged(files[name], chance)
    nested = session.begin_nested()
    try:
        result = import_export(export.zip(tmp_path / "hurt.zip"), source=sources.add_source("North"), by_id=None)
        for counts in result.files.values():
            parts = counts.added + counts.updated + counts.unchanged + counts.removed + counts.restored
            assert counts.read == parts + counts.rejected
        assert len(list(result.problems)) == len(result.problems)
        if result.is_refused:
            assert result.sentence
            assert session.scalar(select(func.count(Client.id))) == 0
            assert session.scalar(select(func.count(Project.id))) == 0
    finally:
        nested.rollback()
        session.expire_all()
