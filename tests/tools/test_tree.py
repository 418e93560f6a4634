"""The repository holds our own work only, and says nothing about where packages come from."""

import subprocess
from pathlib import Path

import pytest

from tests.tools.tree import ROOT, faults, tracked_files


def test_this_tree_has_no_fault() -> None:
    assert faults(ROOT) == []


def test_every_lock_file_pins_every_package_with_a_hash() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert [lock.stem for lock in locks] == ["build", "dev", "ldap", "matchers", "peer", "run", "spark"]
    for lock in locks:
        pins = lock.read_text().replace("\\\n", " ").splitlines()
        assert pins
        assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("docs/setup.md", "Get it from https://files.python" + "hosted.org/x.", "host of a package registry"),
        ("requirements/run.txt", "--index-url https://mirror.example.org/simple", "a lock file names a place"),
        ("requirements/run.txt", "flask @ git+ssh", "a lock file names a place"),
        ("adminops/static/js/htmx-2.js", "", "third-party"),
        ("adminops/static/fonts/sans.woff2", "", "third-party"),
        ("README.md", "cd /home" + "/somebody/adminops", "a folder of one machine"),
    ],
)
def test_each_fault_is_found(tmp_path: Path, name: str, text: str, fault: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    found = faults(tmp_path)
    assert len(found) == 1
    assert found[0].startswith(name)
    assert fault in found[0]


def test_files_git_ignores_are_not_looked_at(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("/var/\n")
    for name in ("var/export.csv", "new.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert [file.name for file in tracked_files(tmp_path)] == [".gitignore", "new.py"]
