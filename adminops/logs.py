"""Logging: JSON lines of an allow-list of keys, so that no personal data slips into a log."""

import logging
import sys
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "logger", "reference", "status", "endpoint", "method", "cause", "place",
        "job", "slot", "seconds", "count", "message_id", "import_id", "scan_id", "user_id", "port", "leader", "kind",
    }
)  # fmt: skip


def set_up_logging(level: str) -> None:
    """Write logs of `level` and above to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _keep_allowed(_logger: Any, _method: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key in ALLOWED}
