"""The embedded server: waitress and the jobs in one process, which suits SQLite."""

import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from flask import Flask
from waitress.server import create_server

from adminops.errors import Unavailable
from adminops.scheduler import start_scheduler
from adminops.settings import current_settings

THREADS = 8


def serve_app(app: Flask, *, host: str, port: int, say: Callable[[str], object]) -> None:
    """Serve `app` until it is interrupted (Ctrl-C or SIGTERM); jobs run beside it when the settings say so.

    Raises `Unavailable` when nobody can listen on `host` and `port`.
    """
    try:
        line = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as taken:
        raise Unavailable(f"Can't listen on {host}:{port} ({taken.strerror}). Choose another with --port.") from None
    server = create_server(app, sockets=[line], threads=THREADS, ident="", clear_untrusted_proxy_headers=True)
    scheduler = start_scheduler(app) if current_settings().scheduler else None
    signal.signal(signal.SIGTERM, _stop)
    say(f"AdminOps is at http://{_shown(host)}:{server.effective_port} – stop it with Ctrl-C.")
    try:
        server.run()
    finally:
        server.close()
        if scheduler is not None:
            scheduler.stop()


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else f"[{host}]" if ":" in host else host  # noqa: S104


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
