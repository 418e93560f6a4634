"""A program outside that is called: a real HTTP server on this machine, with or without TLS.

It checks signatures by itself, from what the page of a webhook says about them.
"""

import contextlib
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.services.certificates import certificates
from tickets.webhooks.calling import Reach

SECRET = "a secret of many letters"
BESIDE = Reach(allows=lambda address: address.startswith(("127.", "::1")), schemes=("https", "http"))
"""The only way to a server on this machine: tests hand it over, no setting does."""


@dataclass(frozen=True)
class Heard:
    """One call as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        """What the call tells."""
        told: dict[str, Any] = json.loads(self.body)
        return told

    def is_signed_with(self, secret: str) -> bool:
        """Say whether who sent this holds `secret`."""
        signed = self.headers["X-AdminOps-Timestamp"].encode() + b"." + self.body
        mine = "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(mine, self.headers["X-AdminOps-Signature"])


@dataclass
class Receiver:
    """A running server: what it heard, and what it answers next (200 once that is used up)."""

    address: str
    heard: list[Heard] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.receiver.heard.append(Heard(self.path, dict(self.headers.items()), body))
        self.send_response(self.receiver.answers.pop(0) if self.receiver.answers else 200)
        if self.path == "/redirect":
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        if self.path == "/flood":
            with contextlib.suppress(OSError):
                for _ in range(2000):
                    self.wfile.write(b"x" * 65536)
                self.receiver.heard.append(Heard("all of it", {}, b""))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def receiving(shown: Path | None = None) -> Iterator[Receiver]:
    """Listen during the block; over TLS with the certificate in the folder `shown`."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if shown is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(shown / "server.pem", shown / "server.key")
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        receiver = Receiver(f"{'https' if shown else 'http'}://127.0.0.1:{server.server_port}")
        handler.receiver = receiver  # type: ignore[attr-defined]
        server.handle_error = lambda *_: None  # type: ignore[method-assign,assignment]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def shown_in(folder: Path, authority: str = "AdminOps test authority") -> Path:
    """Write certificates of `authority` into `folder` and return it."""
    folder.mkdir(exist_ok=True)
    certificates(authority).write_to(folder)
    return folder
