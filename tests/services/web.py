"""The app under test behind its real web server, on a free port of the loopback interface."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

WsgiApp = Callable[..., Any]


@contextlib.contextmanager
def serving(app: WsgiApp, *, threads: int = 4) -> Iterator[str]:
    """Serve `app` with waitress while the block runs; the block gets the address without a slash at its end."""
    sockets: dict[int, Any] = {}
    server = create_server(
        app, map=sockets, host="127.0.0.1", port=0, threads=threads, clear_untrusted_proxy_headers=True
    )
    thread = threading.Thread(target=server.run, name="web server", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.task_dispatcher.shutdown()
        # The sockets belong to the loop's thread: it closes them, finds none left, and ends.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets, ignore_all=True))
        thread.join(timeout=10)
