"""A request's answers as a person reads them: label and words, in groups."""

from collections.abc import Mapping
from typing import Any

from adminops.hmis.codes import label
from adminops.programs.plans import from_json
from adminops.web.formats import day

#: Group, then field, what the screen calls it, and HUD's list for codes.
GROUPS: tuple[tuple[str, tuple[tuple[str, str, str | None], ...]], ...] = (
    (
        "Program",
        (
            ("name", "Name", None),
            ("project_type", "Project type", "2.02.6"),
            ("rrh_sub_type", "Rapid re-housing subtype", "2.02.A"),
            ("housing_type", "Housing type", "2.02.D"),
            ("residential_affiliation", "Affiliated with a residential program", "1.10"),
            ("continuum_project", "Continuum project", None),
            ("operating_start", "Operating start", None),
        ),
    ),
    (
        "Continuum of Care and place",
        (
            ("coc_code", "Continuum of Care", None),
            ("geocode", "Geocode", None),
            ("geography_type", "Geography type", "2.03.4"),
            ("address", "Street", None),
            ("city", "City", None),
            ("state", "State", None),
            ("zip", "ZIP code", None),
        ),
    ),
    (
        "Funding source",
        (
            ("funder", "Funding source", "2.06.1"),
            ("other_funder", "Name of the other source", None),
            ("grant_id", "Grant ID", None),
            ("grant_start", "Grant start", None),
            ("grant_end", "Grant end", None),
        ),
    ),
    (
        "Beds and units",
        (
            ("household_type", "Households", "2.07.4"),
            ("beds", "Beds", None),
            ("units", "Units", None),
            ("availability", "Availability", "2.07.6"),
            ("bed_type", "Bed type", "2.07.5"),
        ),
    ),
)


def lines_of(wanted: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the groups of a request with what was answered; empty answers are left out."""
    given = from_json(wanted)
    groups = []
    for title, fields in GROUPS:
        answered = [(words, _shown(given[name], codes)) for name, words, codes in fields if _is_given(given.get(name))]
        if answered:
            groups.append((title, answered))
    return groups


def _is_given(value: Any) -> bool:
    return value not in (None, "")


def _shown(value: Any, codes: str | None) -> str:
    if codes is not None:
        return label(codes, value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return day(value) if hasattr(value, "year") else str(value)
