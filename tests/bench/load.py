"""The load on a web server, in a process of its own: `python -m tests.bench.load` reads a plan and prints what it took.

A plan (JSON on the standard input) has the address of the server, what every request sends along, and its shots. Where
shots bear the time at which they are due, the load is open: each is sent then, whether earlier ones were answered or
not, and its time counts from when it was due. Else so many connections send them one after another, each as soon as the
one before was answered, until the seconds are over.

Sockets are read directly: what this process takes of the machine, the server has not.
"""

import json
import socket
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from threading import Lock
from time import monotonic, perf_counter, process_time, sleep
from typing import Any, NotRequired, TypedDict

STALE = 1.0
"""Seconds without a request after which a connection is opened anew: the server may be about to close it."""
PATIENCE = 60.0
MOST_LINES = 64
EXAMPLES = 5


class Shot(TypedDict):
    """One request to send, and what its answer has to be."""

    kind: str
    visitor: int
    """Whose cookies go along."""
    method: str
    path: str
    body: str
    status: int
    holds: list[tuple[str, int]]
    """Texts that the answer has to hold (a redirect: in the address that it leads to), each so many times or more."""
    at: float
    """Seconds after the start at which it is due; in a closed load without meaning."""
    headers: NotRequired[dict[str, str]]
    """What it sends along beside the plan's."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    keeps_open: bool

    def header(self, name: str) -> str:
        """Return the first header of that name (in small letters), or an empty text."""
        return next((value for known, value in self.headers if known == name), "")


class Line:
    """A connection that is kept open for as long as the server does."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.socket: socket.socket | None = None
        self.used = 0.0

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Send a request and return its answer."""
        if self.socket is None or monotonic() - self.used > STALE:
            self.close()
            self.socket = socket.create_connection((self.host, self.port), timeout=PATIENCE)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        if body:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        self.socket.sendall("\r\n".join([*lines, "\r\n"]).encode() + body)
        answer = self._answer(self.socket)
        self.used = monotonic()
        if not answer.keeps_open:
            self.close()
        return answer

    def close(self) -> None:
        """Close it; the next request opens it anew."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    @staticmethod
    def _answer(line: socket.socket) -> Answer:
        got = b""
        while b"\r\n\r\n" not in got:
            got += _some(line)
        head, _, body = got.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (text.partition(":") for text in lines)]
        answer = Answer(int(first.split()[1]), headers, b"", keeps_open=True)
        if not (length := answer.header("content-length")):
            raise ValueError("An answer without a length can't be read here.")
        pieces, missing = [body], int(length) - len(body)
        while missing > 0:
            pieces.append(_some(line))
            missing -= len(pieces[-1])
        return Answer(answer.status, headers, b"".join(pieces), answer.header("connection").lower() != "close")


def _some(line: socket.socket) -> bytes:
    if not (piece := line.recv(1 << 18)):
        raise ConnectionError("The server closed the connection.")
    return piece


@dataclass
class Jar:
    """The cookies of one visitor, as a browser keeps them."""

    cookies: dict[str, str] = field(default_factory=dict)

    def take(self, answer: Answer) -> None:
        """Keep what an answer sets."""
        for name, value in answer.headers:
            if name == "set-cookie":
                key, _, text = value.partition(";")[0].partition("=")
                self.cookies[key] = text

    def __str__(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


class Load:
    """A plan that is carried out."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.shots: list[Shot] = plan["shots"]
        self.jars = [Jar(dict(cookies)) for cookies in plan["visitors"]]
        self.taken: dict[str, list[float]] = {}
        self.wrong: list[str] = []
        self.failures = 0
        self.guard = Lock()
        self.free: list[Line] = []

    def line(self) -> Line:
        """Return a new connection."""
        return Line(self.plan["host"], self.plan["port"])

    def run(self) -> dict[str, Any]:
        """Send everything and return what it took."""
        began, busy = perf_counter(), process_time()
        if self.plan["connections"]:
            self._closed()
        else:
            self._open()
        return {
            "taken": self.taken,
            "failures": self.failures,
            "wrong": self.wrong,
            "seconds": perf_counter() - began,
            "own_cpu": process_time() - busy,
        }

    def _open(self) -> None:
        started = perf_counter() + 0.1
        with ThreadPoolExecutor(MOST_LINES) as pool:
            for shot in self.shots:
                sleep(max(0.0, started + shot["at"] - perf_counter()))
                pool.submit(self._sent, shot, started + shot["at"])

    def _sent(self, shot: Shot, due: float) -> None:
        with self.guard:
            line = self.free.pop() if self.free else self.line()
        self.send(line, shot, due)
        with self.guard:
            self.free.append(line)  # the last one used is taken first: a few connections carry a calm load

    def _closed(self) -> None:
        number, until = self.plan["connections"], perf_counter() + self.plan["seconds"]
        with ThreadPoolExecutor(number) as pool:
            for first in range(number):
                pool.submit(self._one_after_another, cycle(self.shots[first::number]), until)

    def _one_after_another(self, shots: Iterator[Shot], until: float) -> None:
        line = self.line()
        while (now := perf_counter()) < until:
            self.send(line, next(shots), now)
        line.close()

    def send(self, line: Line, shot: Shot, due: float) -> None:
        """Send one and note how long it took, or what was wrong with its answer."""
        jar = self.jars[shot["visitor"]]
        headers = {**self.plan["headers"], **shot.get("headers", {}), "Cookie": str(jar)}
        try:
            answer = line.ask(shot["method"], shot["path"], headers, shot["body"].encode())
            took = perf_counter() - due
            jar.take(answer)
            fault = fault_of(shot, answer)
        except (OSError, ValueError) as failed:
            line.close()
            took, fault = 0.0, f"{type(failed).__name__}: {failed}"
        with self.guard:
            if not fault:
                self.taken.setdefault(shot["kind"], []).append(took * 1000)
                return
            self.failures += 1
            if len(self.wrong) < EXAMPLES:
                self.wrong.append(f"{shot['kind']}, {shot['method']} {shot['path'][:120]}: {fault}")


def fault_of(shot: Shot, answer: Answer) -> str:
    """Return what is wrong with an answer, or an empty text."""
    if answer.status != shot["status"]:
        return f"status {answer.status} instead of {shot['status']}"
    text = answer.header("location").encode() if 300 <= answer.status < 400 else answer.body
    for wanted, least in shot["holds"]:
        if (times := text.count(wanted.encode())) < least:
            return f"{wanted!r} stands in it {times} times, not {least}"
    return ""


if __name__ == "__main__":
    json.dump(Load(json.load(sys.stdin)).run(), sys.stdout)
