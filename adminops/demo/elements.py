"""What a program must ask: HUD's required elements by funding source and project type, read from the spec's data."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from adminops.demo.programs import CE, DAY, HOUSING, NBN, OTHER, SO, SSO, Project

SPEC = Path(__file__).parent.parent / "hmis" / "spec"
RHY = frozenset({22, 23, 24, 25, 26})
RHY_LIVING = frozenset({22, 23, 24, 26})
HOPWA = frozenset({13, 14, 15, 16, 17, 18, 19})
PATH, SSVF, VASH, YHDP = 21, 33, 20, 43


@dataclass(frozen=True, slots=True)
class Asked:
    """Which data elements a program takes (HMIS Data Standards FY2026, 4.02 to 4.12 and the partners' own)."""

    income: bool
    non_cash: bool
    insurance: bool
    violence: bool
    disabilities: bool
    contacts: bool  # current living situation
    engagement: bool  # date of engagement
    move_in: bool


@cache
def asked_by(project: Project) -> Asked:
    """Return what a program must ask; a program with local money only asks everything but contacts."""
    groups: dict[str, Any] = json.loads((SPEC / "report_groups.json").read_text(encoding="utf-8"))
    rules = [rule for rule in groups["required_elements_by_funder"] if _applies(rule, project)]
    light = project.type in (OTHER, DAY)
    local = not rules and not light and project.type not in (NBN, CE)

    def needed(element: str) -> bool:
        return local or (not light and any(rule[element] for rule in rules))

    return Asked(
        income=needed("income"),
        non_cash=needed("non_cash"),
        insurance=needed("insurance"),
        violence=needed("dv") or project.type in (NBN, CE),
        disabilities=not light and project.type != CE,
        contacts=project.type in (SO, NBN, CE)
        or any(_applies_to(rule, project) for rule in groups["current_living_situation_required"]),
        engagement=project.type in (SO, NBN, SSO),
        move_in=project.type in HOUSING,
    )


def _applies(rule: dict[str, Any], project: Project) -> bool:
    types = rule["project_types"]
    return rule["funder"] in project.funders and (types == "all" or project.type in types)


def _applies_to(rule: dict[str, Any], project: Project) -> bool:
    if "funder" in rule and rule["funder"] not in project.funders:
        return False
    return "project_type" not in rule or bool(rule["project_type"] == project.type)
