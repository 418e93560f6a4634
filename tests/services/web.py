"""The app under test behind its real web server, on a free port of the loopback interface."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

WsgiApp = Callable[..., Any]
IDLE = 0.05
"""So many seconds without work, and nobody waits for an answer."""
PATIENCE = 5.0


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
        _let_it_finish(server.task_dispatcher)
        server.task_dispatcher.shutdown()
        # The sockets belong to the loop's thread: it closes them, finds none left, and ends.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets, ignore_all=True))
        thread.join(timeout=10)


def _let_it_finish(dispatcher: Any) -> None:
    """Answer what was asked for before the server goes: a page that is shown may still want its styles and icons."""
    last_busy = begun = time.monotonic()
    while (now := time.monotonic()) - last_busy < IDLE and now - begun < PATIENCE:
        if dispatcher.queue or dispatcher.active_count:
            last_busy = now
        time.sleep(IDLE / 5)
