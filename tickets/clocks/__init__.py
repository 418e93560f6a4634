"""Clocks: from what happened to a ticket, a calendar and a policy to what was promised and how much of it is left.

Pure functions of values: no database, no settings, no reading of the time. `tickets/goals/` keeps the rows.
"""

from tickets.clocks.calendars import Calendar, Stretch
from tickets.clocks.engine import Aim, Clock, Clocks, Event, Span, Why, run
from tickets.clocks.rules import Policy, Step, Target, Told
from tickets.clocks.warning import Warned, warnings_of

__all__ = [
    "Aim",
    "Calendar",
    "Clock",
    "Clocks",
    "Event",
    "Policy",
    "Span",
    "Step",
    "Stretch",
    "Target",
    "Told",
    "Warned",
    "Why",
    "run",
    "warnings_of",
]
