"""What the services share: private folders, free ports, child processes that die with us, and cleaning up.

A service never runs as root: started by root (containers, CI) it runs as `nobody`. Its folder's name holds the id of
the process that made it, so that a later run finds and removes what a killed one left behind.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PREFIX = "adminops-test-"


class ServiceFailed(Exception):
    """A service didn't start; the text says which one and what it printed."""


def private_folder(service: str) -> Path:
    """Make a folder only the service may read, named after `service` and this process."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{service}-{os.getpid()}-", dir=_folder_everyone_may_cross()))
    give_away(folder)
    return folder


def remove_folder(folder: Path) -> None:
    """Remove `folder` and what is in it; a folder that is gone already is fine."""
    shutil.rmtree(folder, ignore_errors=True)


def _folder_everyone_may_cross() -> Path:
    """Return the temporary folder; for root one that `nobody` can reach too."""
    chosen = Path(tempfile.gettempdir()).resolve()
    if os.geteuid() == 0 and not all(p.stat().st_mode & 0o001 for p in (chosen, *chosen.parents)):
        return Path("/var/tmp")  # noqa: S108 - the folder inside gets a random name and is private
    return chosen


def give_away(path: Path) -> None:
    """Let the user that services run as own `path` (nothing to do unless we are root)."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Say whether something accepts connections on `port` of the loopback interface."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def run(command: Sequence[str | Path], folder: Path, *, feed: str | None = None) -> None:
    """Run `command` in `folder` to its end as the services' user, with `feed` as its input.

    Raises `ServiceFailed` with what it printed when its exit code isn't zero.
    """
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        input=feed,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        **_as_nobody(),
    )
    if done.returncode:
        raise ServiceFailed(f"{Path(command[0]).name} failed ({done.returncode}): {done.stderr.strip()[-2000:]}")


def spawn(command: Sequence[str | Path], folder: Path, *, stop: signal.Signals) -> subprocess.Popen[bytes]:
    """Start `command` as the services' user and return at once; its output goes to `folder`/output.log.

    On Linux the kernel sends the child `stop` when this process dies, however it dies.
    """
    guard = shutil.which("setpriv")
    leash = [guard, "--pdeathsig", stop.name.removeprefix("SIG")] if guard else []
    with (folder / "output.log").open("ab") as log:
        process = subprocess.Popen(
            [*leash, *map(str, command)],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **_as_nobody(),
        )
    (folder / "service.pid").write_text(str(process.pid))
    return process


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], folder: Path, *, seconds: float) -> None:
    """Wait until `ready()`. Raises `ServiceFailed` when the process ends first or `seconds` go by."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            printed = (folder / "output.log").read_text(errors="replace")
            raise ServiceFailed(f"{folder.name} did not start: {printed[-2000:]}")
        time.sleep(0.01)


def end(process: subprocess.Popen[bytes], how: signal.Signals, *, seconds: float = 10) -> None:
    """Ask `process` to stop with the signal `how`; after `seconds` make it."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def sweep(service: str) -> list[Path]:
    """Remove what earlier, killed runs left of `service` and return those folders."""
    left = []
    for folder in _folder_everyone_may_cross().glob(f"{PREFIX}{service}-*"):
        owner = folder.name.removeprefix(f"{PREFIX}{service}-").partition("-")[0]
        if owner.isdecimal() and not _alive(int(owner)) and os.access(folder, os.W_OK):
            _end_stray(folder)
            remove_folder(folder)
            left.append(folder)
    return left


def _end_stray(folder: Path) -> None:
    """Stop the server of `folder` if it still runs; its command line must name the folder."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((folder / "service.pid").read_text())
        if str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _as_nobody() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _environment() -> Mapping[str, str]:
    """Return a small environment: a service must not depend on who starts it."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
