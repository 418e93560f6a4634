"""What AdminOps comes with: two calendars and two policies, the first versions of what administrators edit."""

from tickets.clocks.calendars import DAY_MINUTES
from tickets.goals.models import CalendarVersion, GoalCalendar, GoalPolicy, PolicyVersion

STANDARD, AROUND_THE_CLOCK = "standard", "around_the_clock"
NAMES = {STANDARD: "Standard", AROUND_THE_CLOCK: "Around the clock"}
CALENDARS = {STANDARD: "Office hours", AROUND_THE_CLOCK: "Around the clock"}

_OFFICE_DAY = [[8 * 60, 17 * 60]]
_HOURS = {
    STANDARD: {"week": [_OFFICE_DAY] * 5 + [[], []]},
    AROUND_THE_CLOCK: {"week": [[[0, DAY_MINUTES]]] * 7},
}
_REGIONS = {STANDARD: "US-FL", AROUND_THE_CLOCK: ""}
#: First reply, next reply, solution: in minutes of the calendar.
_TARGETS = {
    STANDARD: {
        "urgent": [60, 120, None],
        "high": [4 * 60, 4 * 60, None],
        "normal": [9 * 60, 9 * 60, None],
        "low": [18 * 60, 18 * 60, None],
    },
    AROUND_THE_CLOCK: {level: [4 * 60, 8 * 60, DAY_MINUTES] for level in ("urgent", "high", "normal", "low")},
}
_PAUSES = {STANDARD: ["user", "agency", "vendor", "approval"], AROUND_THE_CLOCK: []}
_STEPS = {"steps": [[-60, "assignee"], [0, "assignee"], [4 * 60, "manager"]]}


def calendar_version(key: str, zone: str) -> CalendarVersion:
    """Return the first version of a calendar; it belongs to none yet."""
    return CalendarVersion(number=1, zone=zone, hours=_HOURS[key], region=_REGIONS[key], days_off={}, worked=[])


def policy_version(key: str) -> PolicyVersion:
    """Return the first version of a policy; it belongs to none yet."""
    return PolicyVersion(number=1, targets=_TARGETS[key], pauses=_PAUSES[key], steps=_STEPS, request_types=[])


def calendar(key: str) -> GoalCalendar:
    """Return the calendar of a policy that AdminOps comes with."""
    return GoalCalendar(name=CALENDARS[key])


def policy(key: str) -> GoalPolicy:
    """Return a policy that AdminOps comes with."""
    return GoalPolicy(key=key, name=NAMES[key])
