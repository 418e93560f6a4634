"""How values are written on screens: one function a phrase."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, current_app

from adminops import clock
from adminops.hmis.codes import label


def _local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(current_app.extensions["settings"].time_zone))


def day(value: date | datetime | None) -> str:
    """Return "9 Nov 2026"; a dash for nothing."""
    if value is None:
        return "–"
    value = _local(value).date() if isinstance(value, datetime) else value
    return f"{value.day} {value:%b %Y}"


def moment(value: datetime | None) -> str:
    """Return "9 Nov 2026, 2:05 pm" in the team's zone; a dash for nothing."""
    if value is None:
        return "–"
    local = _local(value)
    hour = local.hour % 12 or 12
    return f"{day(local.date())}, {hour}:{local:%M} {'am' if local.hour < 12 else 'pm'}"


def ago(value: datetime | None) -> str:
    """Return "just now", "22 min ago", "5 h ago", "3 days ago", else the day."""
    if value is None:
        return "–"
    minutes = int((clock.now() - value).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    days = minutes // (24 * 60)
    return f"{days} day{'' if days == 1 else 's'} ago" if days < 14 else day(value)


def number(value: float) -> str:
    """Return 20000 as "20,000"."""
    return f"{value:,}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return "1 ticket", "2 tickets"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def register(app: Flask) -> None:
    """Offer the formats to the templates as filters of the same names, and HUD's words as `hud_label(list, code)`."""
    for function in (day, moment, ago, number, plural):
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals["hud_label"] = label
