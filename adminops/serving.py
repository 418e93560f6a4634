"""The embedded server: waitress and the jobs in one process, which suits SQLite."""

import structlog
import waitress
from flask import Flask

from adminops.scheduler import start_scheduler

log = structlog.get_logger("adminops.serving")


def serve_app(app: Flask, *, host: str, port: int) -> None:
    """Serve `app` until it is interrupted; jobs run beside it when the settings say so."""
    scheduler = start_scheduler(app) if app.extensions["settings"].scheduler else None
    try:
        waitress.serve(app, host=host, port=port, threads=8, ident=None, clear_untrusted_proxy_headers=True)
    finally:
        if scheduler is not None:
            scheduler.stop()
