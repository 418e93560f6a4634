"""A small IMAP server on a socket (RFC 3501, as far as a fetch goes): real lines and literals, no real mailbox."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Box(socketserver.ThreadingTCPServer):
    """The server with its mails by their numbers, and what was copied."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, mails: list[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.mails = dict(enumerate(mails, 1))
        self.deleted: set[int] = set()
        self.copied: list[bytes] = []
        self.hang_up_before = ""
        """The command at which the line breaks."""

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    server: Box

    def handle(self) -> None:
        """Answer line by line."""
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, _, command = line.decode().strip().partition(" ")
            if self.server.hang_up_before and self.server.hang_up_before in command:
                return
            said = self._answer(command)
            self.wfile.write(f"{tag} {said} done\r\n".encode())
            if command == "LOGOUT":
                return

    def _answer(self, command: str) -> str:
        box = self.server
        if command == "CAPABILITY":
            self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
        elif command.startswith("LOGIN"):
            return "OK" if '"right"' in command else "NO"
        elif command.startswith("UID SEARCH"):
            self.wfile.write(f"* SEARCH {' '.join(map(str, box.mails))}\r\n".encode())
        elif found := re.match(r"UID FETCH (\d+) \((.*)\)", command):
            self._show(int(found[1]), found[2])
        else:
            self._change(command)
        return "OK"

    def _change(self, command: str) -> None:
        box = self.server
        if found := re.match(r"UID COPY (\d+)", command):
            box.copied.append(box.mails[int(found[1])])
        elif found := re.match(r"UID STORE (\d+)", command):
            box.deleted.add(int(found[1]))
        elif command == "EXPUNGE":
            for uid in box.deleted & set(box.mails):
                del box.mails[uid]

    def _show(self, uid: int, what: str) -> None:
        mail = self.server.mails[uid]
        if what == "RFC822.SIZE":
            self.wfile.write(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(mail)})\r\n".encode())
        else:
            head = f"* {uid} FETCH (UID {uid} BODY[] {{{len(mail)}}}\r\n".encode()
            self.wfile.write(head + mail + b")\r\n")


@contextmanager
def mailbox(*mails: bytes) -> Iterator[Box]:
    """Serve `mails` during the block."""
    with Box(list(mails)) as box:
        thread = threading.Thread(target=box.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield box
        finally:
            box.shutdown()
            thread.join()
