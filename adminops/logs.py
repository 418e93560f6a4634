"""Logging: JSON lines of an allow-list of keys, so that no personal data slips into a log.

The house logs through structlog and names what it says. Libraries log through the standard library, with whatever
they have at hand: of theirs only the unfilled text of the message, the level, the place and the kind of an error are
kept, never the values filled in. A message without gaps to fill may have been put together from values; it is left
out, and its place tells where to look.
"""

import json
import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "logger", "reference", "status", "endpoint", "method", "cause", "place",
        "job", "slot", "seconds", "count", "put_off", "dropped", "given_up", "message_id", "import_id", "scan_id",
        "user_id", "file_id", "port", "leader", "kind",
    }
)  # fmt: skip


class _Lines:
    """Writes to what is standard error at that moment: a server may have replaced it since the start."""

    def msg(self, line: str) -> None:
        """Write one line."""
        print(line, file=sys.stderr, flush=True)

    debug = info = warning = warn = error = critical = exception = log = fatal = failure = err = msg


class LibraryHandler(logging.Handler):
    """Writes what libraries log, without the values in it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as a line of JSON."""
        has_gaps = isinstance(record.msg, str) and bool(record.args)
        entry = {
            "event": record.msg if has_gaps else "(a message with its values in it)",
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "logger": record.name,
            "place": f"{record.pathname}:{record.lineno}",
        }
        if record.exc_info and record.exc_info[0] is not None:
            entry |= {"cause": record.exc_info[0].__name__, "place": place_of(record.exc_info[2])}
        _Lines().msg(json.dumps(entry))


def place_of(trace: TracebackType | None) -> str:
    """Return where an error was raised: "file:line"."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def set_up_logging(level: str) -> None:
    """Write logs of `level` and above to standard error; libraries speak up from "warning" on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=lambda *_: _Lines(),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    if not any(isinstance(handler, LibraryHandler) for handler in root.handlers):
        root.addHandler(LibraryHandler(logging.WARNING))
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _keep_allowed(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key in ALLOWED}
