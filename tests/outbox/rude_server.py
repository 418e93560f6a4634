"""A mail server that hangs up or falls silent at a chosen word: for what a well-behaved one never does."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

ANSWERS = {"EHLO": b"250 mail.example.org", "MAIL": b"250 ok", "RCPT": b"250 ok", "RSET": b"250 ok", "DATA": b"354 go"}


@dataclass
class RudeServer:
    """`at` is the word ("MAIL", "RCPT", "DATA", "CONTENT", "GREETING") where it stops answering as one should.

    `answer` is what it says there; without one it hangs up, or says nothing at all when it is `silent`.
    """

    at: str
    answer: bytes | None = None
    silent: bool = False
    port: int = 0
    contents: list[bytes] = field(default_factory=list)
    connections: int = 0

    def serve(self, listener: socket.socket) -> None:
        """Take one connection after the other until the listener is closed."""
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            with line, line.makefile("rwb") as talk, contextlib.suppress(OSError):
                self._converse(talk)

    def _converse(self, talk: "socket.SocketIO") -> None:
        if not self._say(talk, "GREETING", b"220 mail.example.org"):
            return
        while word := talk.readline()[:4].decode().upper():
            if not self._say(talk, word, ANSWERS.get(word, b"250 ok")):
                return
            if word == "DATA" and self.at != "DATA":
                self.contents.append(b"".join(iter(talk.readline, b".\r\n")))
                if not self._say(talk, "CONTENT", b"250 kept"):
                    return

    def _say(self, talk: "socket.SocketIO", word: str, usual: bytes) -> bool:
        """Answer, and say whether to go on."""
        if word != self.at:
            answer = usual
        elif self.answer is None:
            if self.silent:
                talk.readline()  # until the other side gives up
            return False
        else:
            answer = self.answer
        talk.write(answer + b"\r\n")
        talk.flush()
        return True


@contextlib.contextmanager
def rude_server(at: str, answer: bytes | None = None, *, silent: bool = False) -> Iterator[RudeServer]:
    """Run such a server while the block runs."""
    server = RudeServer(at, answer, silent)
    listener = socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]
    thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=10)
