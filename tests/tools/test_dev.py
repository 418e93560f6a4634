"""`./dev` does what a newcomer types: on a small tree of its own, with a real environment and a real pip."""

import ast
import hashlib
import importlib.machinery
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from tests.services.private import free_port

ROOT = Path(__file__).resolve().parents[2]
WSGI = """
import sys
import os
import tiny

FAILS = os.environ.get("FAILS")

def cli(words=None, prog_name=""):
    words = words or sys.argv[1:]
    print("adminops", *words, tiny.WORD, flush=True)
    sys.exit("no space on this disk" if FAILS in words else 0)
"""


def _load(file: Path) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("dev", str(file))
    spec = importlib.util.spec_from_loader("dev", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def dev() -> ModuleType:
    """The functions of this checkout's `dev`."""
    return _load(ROOT / "dev")


def _wheel(folder: Path, word: str, version: str) -> str:
    """Put a package with one word into `folder` and return the line that pins it."""
    name = folder / f"tiny-{version}-py3-none-any.whl"
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(name, "w") as archive:
        archive.writestr("tiny.py", f"WORD = {word!r}\n")
        for file, text in files.items():
            archive.writestr(f"tiny-{version}.dist-info/{file}", text)
    return f"tiny=={version} --hash=sha256:{hashlib.sha256(name.read_bytes()).hexdigest()}\n"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout (with a space in its path) that has one dependency and a command that repeats its words."""
    root = tmp_path_factory.mktemp("checkout") / "my desk"
    (root / "requirements").mkdir(parents=True)
    (root / "wheels").mkdir()
    shutil.copy(ROOT / "dev", root / "dev")
    (root / "wsgi.py").write_text(WSGI)
    (root / "requirements" / "run.txt").write_text(_wheel(root / "wheels", "first", "1.0"))
    return root


def _dev(tree: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": (tree / "wheels").as_uri(), "ADMINOPS_NO_APT": "1"}
    return subprocess.run(
        [sys.executable, "dev", *words],
        cwd=tree,
        env={**os.environ, **offline, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _adminops(tree: Path, *words: str) -> str:
    script = tree / ".venv" / "bin" / "adminops"
    return subprocess.run([script, *words], cwd="/", capture_output=True, text=True, check=True).stdout


def test_setup_makes_an_environment_whose_command_works_from_anywhere(tree: Path) -> None:
    done = _dev(tree, "setup")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Installing 1 Python packages (run)" in done.stdout
    assert _adminops(tree, "doctor") == "adminops doctor first\n"


def test_second_start_installs_nothing(tree: Path) -> None:
    _dev(tree, "setup")
    done = _dev(tree, "setup", PIP_FIND_LINKS="file:///nowhere")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Installing" not in done.stdout


def test_run_upgrades_fills_and_serves_in_that_order(tree: Path) -> None:
    port = free_port()
    done = _dev(tree, "run", "--port", str(port))
    assert done.returncode == 0, done.stderr
    spoken = [line.removesuffix(" first") for line in done.stdout.splitlines() if line.startswith("adminops")]
    assert spoken == ["adminops db upgrade", "adminops demo --if-empty", f"adminops serve --port {port}"]


def test_failing_step_of_run_says_what_to_type(tree: Path) -> None:
    done = _dev(tree, "run", "--port", str(free_port()), FAILS="demo")
    assert done.returncode == 1
    assert "serve" not in done.stdout
    assert done.stderr.endswith("lines above say why.\nType: .venv/bin/adminops doctor\n")


def test_run_refuses_a_taken_port_before_anything_else(tree: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = _dev(tree, "run", "--port", str(taken.getsockname()[1]))
    assert done.returncode != 0
    assert done.stdout == ""
    assert "another program has it." in done.stderr
    assert "Type: ./dev run --port 8001" in done.stderr


def test_run_refuses_a_port_that_does_not_exist(tree: Path) -> None:
    for port in ("0", "65536", "-1"):
        done = _dev(tree, "run", "--port", port)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"There is no port {port}: they go from 1 to 65535.")


def test_port_of_the_advice_is_never_the_one_that_was_refused(dev: ModuleType) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8001))
            taken.listen()
        except OSError:
            pass  # somebody has it already, which is as good
        with pytest.raises(dev.Stop, match="another program has it") as refused:
            dev.refuse_taken(8001)
    assert refused.value.next_step == "./dev run --port 8002"


def test_reader_who_has_seen_enough_gets_no_traceback(tree: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, str(tree / "dev"), "help"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_changed_lock_is_installed_and_a_wrong_hash_is_refused(tree: Path) -> None:
    lock = tree / "requirements" / "run.txt"
    before = lock.read_text()
    second = _wheel(tree / "wheels", "second", "2.0")
    try:
        lock.write_text(second.partition("sha256:")[0] + "sha256:" + "0" * 64 + "\n")
        refused = _dev(tree, "setup")
        assert refused.returncode != 0
        assert "HASH" in refused.stderr.upper()
        assert "Type: ./dev setup" in refused.stderr

        lock.write_text(second)
        assert _dev(tree, "setup").returncode == 0
        assert _adminops(tree, "doctor") == "adminops doctor second\n"
    finally:
        lock.write_text(before)
        _dev(tree, "setup")


def test_broken_environment_is_made_anew(tree: Path) -> None:
    _dev(tree, "setup")
    (tree / ".venv" / "bin" / "python").unlink()
    done = _dev(tree, "setup")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _adminops(tree, "doctor") == "adminops doctor first\n"


def test_its_grammar_is_old_enough_to_tell_an_old_python_what_is_wrong() -> None:
    ast.parse((ROOT / "dev").read_text(), feature_version=(3, 7))


def _as_python_3_9(path: str) -> subprocess.CompletedProcess[str]:
    program = "import runpy, sys; sys.version_info = (3, 9, 2); sys.argv = ['dev', 'help']"
    program += f"; runpy.run_path({str(ROOT / 'dev')!r}, run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", program], env={"PATH": path}, capture_output=True, text=True, check=False
    )


def test_older_python_hands_over_to_a_newer_one_that_starts(tmp_path: Path) -> None:
    broken, good = tmp_path / "python3.14", tmp_path / "python3.12"
    broken.write_text("#!/bin/sh\necho not installed >&2\nexit 127\n")
    good.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    for file in (broken, good):
        file.chmod(0o755)
    done = _as_python_3_9(str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "./dev run [--port N]" in done.stdout


def test_older_python_without_a_newer_one_gets_a_sentence(tmp_path: Path) -> None:
    done = _as_python_3_9(str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("AdminOps needs Python 3.11 or later, and this is 3.9.")


def test_mistyped_word_gets_the_nearest_one(tree: Path) -> None:
    done = _dev(tree, "tset")
    assert done.returncode == 1
    assert done.stderr == "There is no command “tset”.\nType: ./dev test\n"


def test_words_too_many_are_refused(tree: Path) -> None:
    done = _dev(tree, "check", "everything")
    assert done.returncode == 1
    assert "./dev check takes nothing more, but got: everything" in done.stderr


@pytest.mark.parametrize("words", [["-n", "0"], ["-n0"], ["--numprocesses=1"], ["--pdb"], ["--collect-only"]])
def test_person_who_wants_one_process_gets_one(dev: ModuleType, words: list[str]) -> None:
    assert "worksteal" not in dev.pytest_options(words)


def test_tests_use_all_cores_and_one_broken_file_hides_no_other(dev: ModuleType) -> None:
    options = dev.pytest_options(["--cov=adminops", "-k", "menu"])
    assert options[1:3] == ["-n", str((os.cpu_count() or 1) + 1)]
    assert "--continue-on-collection-errors" in options


def test_packages_are_never_installed_when_that_is_turned_off(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMINOPS_NO_APT", "1")
    assert dev.as_root() is None
    assert dev.install_packages(["slapd"]) is False


def test_line_to_type_names_the_packages_of_new_releases(dev: ModuleType) -> None:
    assert dev.apt_line(["gcc", "libldap-dev|libldap2-dev"]) == "sudo apt-get install gcc libldap-dev"


def test_shell_of_the_package_installation_is_sound(dev: ModuleType) -> None:
    subprocess.run(["sh", "-n"], input=dev.INSTALL, text=True, check=True)


def test_locking_names_no_place_and_leaves_out_what_only_carries_files(dev: ModuleType) -> None:
    command = dev.lock_command("run", ["--upgrade"])
    assert {"--generate-hashes", "--universal", "--no-emit-index-url", "--no-config", "--upgrade"} <= set(command)
    assert command[command.index("django") - 1] == "--no-emit-package"
    assert command[-3:] == ["requirements/run.in", "-o", "requirements/run.txt"]


def test_every_word_of_the_help_is_a_command(dev: ModuleType) -> None:
    told = {line.split()[1] for line in (dev.__doc__ or "").splitlines() if line.startswith("    ./dev")}
    assert told == set(dev.COMMANDS)
