"""Where uploads wait: what nobody needs goes, whoever else removes it at the same time."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from adminops import clock
from adminops.imports import uploads


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the folders of imports 1 to 4, two days old."""
    old = (clock.now() - timedelta(days=2)).timestamp()
    for import_id in range(1, 5):
        folder = uploads.folder_of(tmp_path, import_id)
        folder.mkdir(parents=True)
        os.utime(folder, (old, old))
    return tmp_path


def test_what_has_ended_or_was_abandoned_goes_and_what_is_needed_stays(home: Path) -> None:
    uploads.folder_of(home, 5).mkdir()
    uploads.sweep(home, done=[1], needed=[3])
    assert sorted(uploads.kept(home)) == [3, 5]


def test_two_that_sweep_at_once_do_not_stop_each_other(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, forget = uploads.kept, uploads.forget

    def swept_meanwhile(home: Path) -> list[int]:
        ids = found(home)
        for import_id in (2, 4):
            forget(home, import_id)
        return ids

    with monkeypatch.context() as patched:
        patched.setattr(uploads, "kept", swept_meanwhile)
        uploads.sweep(home, done=[4], needed=[1])
    assert uploads.kept(home) == [1]
