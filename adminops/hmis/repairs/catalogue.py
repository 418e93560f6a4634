"""The rules of repair, in the order in which they are applied: a later one reads what the earlier ones made.

Stays go together or out first, then households are put right, then their heads, then what depends on heads.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from adminops.errors import NotFound
from adminops.hmis.repairs import households, nights, rows, stays
from adminops.hmis.repairs.bench import Bench


@dataclass(frozen=True)
class Rule:
    """A repair that can be switched on. `title` and `text` say on screens what it does."""

    key: str
    title: str
    text: str
    apply: Callable[[Bench, str], None]


RULES = (
    Rule(
        "combine-nights",
        "Combine one-night shelter stays",
        "Stays of one night each that follow one another in one shelter, with the same household, become one stay.",
        nights.combine_nights,
    ),
    Rule(
        "nights-without-service",
        "Leave out night-by-night stays without a service",
        "A stay in a night-by-night shelter that has no bed night and no other service is read as deleted.",
        nights.leave_out_without_service,
    ),
    Rule(
        "outreach-without-contact",
        "Leave out street-outreach stays without a contact",
        "A street-outreach stay that has no current living situation is read as deleted.",
        nights.leave_out_without_contact,
    ),
    Rule(
        "reused-households",
        "Part households that share a HouseholdID",
        "A HouseholdID used in several projects, or again when a client came back, becomes one for each household.",
        households.part_reused,
    ),
    Rule(
        "blank-households",
        "Fill in blank HouseholdIDs",
        "A stay without a HouseholdID gets a generated one of its own.",
        households.fill_blank,
    ),
    Rule(
        "sole-member-head",
        "Make a sole member head of household",
        "Whoever is alone in a household is its head.",
        households.let_sole_member_be_head,
    ),
    Rule(
        "one-head",
        "Give every household exactly one head",
        "Where there is none or several, HUD’s rule finds the head by age on entry; youths of 11 to 17 are parted.",
        households.let_one_be_head,
    ),
    Rule(
        "tidy-coc",
        "Tidy EnrollmentCoC",
        "“fl 510” becomes FL-510; what is no CoC code becomes blank.",
        stays.tidy_coc,
    ),
    Rule(
        "project-coc",
        "Take the project’s only CoC",
        "Stays in a project that works in one CoC alone are in that CoC.",
        stays.take_only_coc,
    ),
    Rule(
        "head-coc",
        "Copy the head’s CoC to the household",
        "Members of a household are in the CoC of its head.",
        stays.copy_coc_of_head,
    ),
    Rule(
        "move-in-outside",
        "Blank move-in dates outside the stay",
        "A move-in date before the entry or after the exit becomes blank.",
        stays.blank_move_in_outside,
    ),
    Rule(
        "total-income",
        "Add up missing total incomes",
        "A missing TotalMonthlyIncome is the sum of its sources. A total that is there is never changed.",
        rows.add_up_income,
    ),
    Rule(
        "prioritized",
        "Set every assessment as placed on the list",
        "PrioritizationStatus of every coordinated-entry assessment becomes 1, placed on prioritization list.",
        rows.place_on_list,
    ),
    Rule(
        "ids-in-names",
        "Add ids to the names of organizations and projects",
        "“Harbor House” becomes “Harbor House (12)”.",
        rows.add_ids_to_names,
    ),
)


def rule_named(key: str) -> Rule:
    """Return the rule called `key`. Raises `NotFound`."""
    found = next((rule for rule in RULES if rule.key == key), None)
    if found is None:
        raise NotFound(f"There is no repair called {key}. There are: {', '.join(rule.key for rule in RULES)}.")
    return found


def in_order(keys: Iterable[str]) -> list[str]:
    """Return those of `keys` that are rules, in the order in which they are applied."""
    wanted = set(keys)
    return [rule.key for rule in RULES if rule.key in wanted]
