"""Real servers under load: gunicorn as production runs it, people who sign in at its pages, and what it took."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

from tests.bench.load import Jar, Line, Load, Shot
from tests.scheduling import wait_until
from tests.services.private import free_port

ROOT = Path(__file__).resolve().parents[2]
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Served:
    """A running web server and the processes that belong to it."""

    name: str
    port: int
    process: int
    headers: dict[str, str]
    beside: list[int] = field(default_factory=list)
    """Processes whose time is the server's as well: a database."""
    visitors: list[Jar] = field(default_factory=list)

    def line(self) -> Line:
        """Return a new connection."""
        return Line("127.0.0.1", self.port)

    def cpu(self) -> float:
        """Return the seconds of processor time that it has taken, with its workers and the database."""
        return sum(_cpu_of(each) for each in (self.process, *self.beside))

    def memory(self) -> float:
        """Return the megabytes that its workers hold."""
        pages = [int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in _begun_by(self.process)]
        return sum(pages) * resource.getpagesize() / 1e6

    def sign_in(self, page: str, token: str, names: tuple[str, str], person: tuple[str, str]) -> int:
        """Sign a person in at the page for that, and return the visitor's number."""
        line, jar = self.line(), Jar()
        form = line.ask("GET", page, self.headers)
        jar.take(form)
        fields = {token: hidden(form.body.decode(), token), **dict(zip(names, person, strict=True))}
        answer = line.ask("POST", page, {**self.headers, "Cookie": str(jar)}, urlencode(fields).encode())
        if answer.status != 302:
            raise RuntimeError(f"{person[0]} could not sign in at {self.name}: {answer.status}")
        jar.take(answer)
        line.close()
        self.visitors.append(jar)
        return len(self.visitors) - 1

    def page(self, visitor: int, path: str) -> str:
        """Return a page as somebody sees it."""
        line, jar = self.line(), self.visitors[visitor]
        answer = line.ask("GET", path, {**self.headers, "Cookie": str(jar)})
        jar.take(answer)
        line.close()
        if answer.status != 200:
            raise RuntimeError(f"{path} of {self.name} answered {answer.status}.")
        return answer.body.decode()


def hidden(page: str, name: str) -> str:
    """Return the value of a hidden field of a page."""
    found = next((field for field in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in field), "")
    value = re.search(r'value="([^"]*)"', found)
    if value is None:
        raise RuntimeError(f"The page has no field {name}: {page[:300]}")
    return value[1]


@dataclass(frozen=True)
class Run:
    """What a load took."""

    taken: dict[str, list[float]]
    """Milliseconds of each request, by kind."""
    failures: int
    wrong: list[str]
    seconds: float
    server_cpu: float
    """Seconds of processor time of the server, its workers and the database."""
    own_cpu: float

    @property
    def answered(self) -> int:
        """How many requests were answered as they should be."""
        return sum(map(len, self.taken.values()))

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.answered / self.seconds

    @property
    def cpu(self) -> float:
        """Milliseconds of the server's processor time for a request."""
        return self.server_cpu * 1000 / max(1, self.answered)

    def p50(self, kind: str) -> float:
        """Return the median of a kind, in milliseconds."""
        return median(self.taken.get(kind) or [float("nan")])

    def p95(self, kind: str) -> float:
        """Return the 95th percentile of a kind, in milliseconds."""
        taken = self.taken.get(kind) or [float("nan")]
        return quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]


def drive(server: Served, shots: Sequence[Shot], *, connections: int = 0, seconds: float = 0) -> Run:
    """Send `shots` from a process of its own: each when it is due, or by so many `connections` for `seconds`."""
    plan = {
        "host": "127.0.0.1",
        "port": server.port,
        "headers": server.headers,
        "visitors": [jar.cookies for jar in server.visitors],
        "shots": shots,
        "connections": connections,
        "seconds": seconds,
    }
    before = server.cpu()
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(plan),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    return Run(server_cpu=server.cpu() - before, **told)


def one_by_one(server: Served, shots: Sequence[Shot]) -> Run:
    """Send `shots` one after another from here, for the processor's time that one kind takes."""
    plan = {"host": "127.0.0.1", "port": server.port, "headers": server.headers, "connections": 1}
    load = Load({**plan, "visitors": [jar.cookies for jar in server.visitors], "shots": shots})
    before, line = server.cpu(), server.line()
    for shot in shots:
        load.send(line, shot, 0.0)
    line.close()
    return Run(load.taken, load.failures, load.wrong, 1.0, server.cpu() - before, 0.0)


def shot(kind: str, visitor: int, path: str, *holds: tuple[str, int], form: Mapping[str, str] | None = None) -> Shot:
    """Return a request for a page, or with `form` one that sends it and is led on."""
    return {
        "kind": kind,
        "visitor": visitor,
        "method": "GET" if form is None else "POST",
        "path": path,
        "body": "" if form is None else urlencode(form),
        "status": 200 if form is None else 302,
        "holds": list(holds),
        "at": 0.0,
    }


@contextmanager
def gunicorn(
    name: str,
    wsgi: str,
    *,
    python: str | Path = sys.executable,
    environment: Mapping[str, str],
    headers: Mapping[str, str],
    ready: str,
    options: Iterable[str],
) -> Iterator[Served]:
    """Run gunicorn until the block ends; it is ready once it answers at the path `ready`."""
    port = free_port()
    command = [str(python), "-m", "gunicorn", wsgi, "-b", f"127.0.0.1:{port}", "--no-control-socket", *options]
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("ADMINOPS_", "DJANGO_"))}
    process = subprocess.Popen(
        command, cwd=ROOT, env={**plain, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    served = Served(name, port, process.pid, dict(headers))
    try:
        wait_until(lambda: process.poll() is not None or _answers(served, ready), seconds=60)
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=60)
        if "Traceback" in printed or process.returncode:
            raise RuntimeError(f"{name} ended with {process.returncode}: {printed[-4000:]}")


def _answers(served: Served, path: str) -> bool:
    try:
        return served.line().ask("GET", path, served.headers).status < 500
    except OSError:
        return False


def _cpu_of(process: int) -> float:
    """Return the seconds of a process and of all that it began, those that have ended as well."""
    try:
        told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0.0
    return sum(map(int, told[11:15])) / TICK + sum(map(_cpu_of, _begun_by(process)))


def _begun_by(process: int) -> list[int]:
    try:
        begun = [each.read_text() for each in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:
        return []
    return [int(each) for each in " ".join(begun).split()]


def complain(where: str, run: Run) -> None:
    """Raise where an answer was not what it should be: figures of errors are worth nothing."""
    if run.failures:
        raise RuntimeError(f"{where}: {run.failures} of {run.failures + run.answered} failed: {'; '.join(run.wrong)}")


def numbers(environment: str, usual: float) -> Any:
    """Return a number that a variable of the environment may change."""
    return type(usual)(os.environ.get(environment, usual))
