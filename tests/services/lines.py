"""Lines that go wrong: a port that says nothing, one that stalls amid the greeting, one that drops an answer."""

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterator

GREETING = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
"""The answer "yes" to the wish for TLS, of the first message of a connection."""


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on a port of the loopback interface and let `serve` have each connection, in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopped = threading.Event()

        def accept() -> None:
            while not stopped.is_set():
                with contextlib.suppress(OSError):
                    line, _ = server.accept()
                    threading.Thread(target=_served, args=(serve, line), daemon=True).start()

        server.settimeout(0.2)
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            stopped.set()
            thread.join()


def _served(serve: Callable[[socket.socket], None], line: socket.socket) -> None:
    with contextlib.suppress(OSError), line:
        line.settimeout(10)
        serve(line)


def silent(line: socket.socket) -> None:
    """Take the connection and say nothing."""
    while line.recv(4096):
        pass


def stalling(line: socket.socket) -> None:
    """Agree to TLS, then say nothing more."""
    line.recv(4096)
    line.sendall(GREETING)
    silent(line)


def halting(line: socket.socket) -> None:
    """Begin to agree to TLS, and stop amid the first words."""
    line.recv(4096)
    line.sendall(b"\x16\x03\x03\x40\x00\x02")
    silent(line)


def pump(line: socket.socket, there: socket.socket, lose: threading.Event | None = None) -> None:
    """Hand everything on between two connections until one ends; once `lose` is set, lose what comes back next."""
    ends = {line: there, there: line}
    while True:
        ready, _, _ = select.select(list(ends), [], [], 10)
        for end in ready:
            content = end.recv(65536)
            if end is there and lose is not None and lose.is_set():
                lose.clear()
                return
            if not content:
                return
            ends[end].sendall(content)


class Forwarder:
    """Hands everything on to another port; on demand it loses what comes back and hangs up."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.lose = threading.Event()
        """Set: the next bytes that come back are lost, and so is their connection."""

    def __call__(self, line: socket.socket) -> None:
        """Serve one connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as there:
            pump(line, there, self.lose)
