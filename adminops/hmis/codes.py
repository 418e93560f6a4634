"""HUD's option lists: an enum for each list that code decides by, and the label of every code of every list.

Labels come from the specification and are written nowhere else. A test proves that each enum has exactly the codes of
its list, so that a new year's list can't drift away from the names used here.
"""

from collections.abc import Iterator
from datetime import date
from enum import IntEnum
from typing import Any, ClassVar

from adminops.hmis.spec import PickList, Spec, current, specs


class HudCode(IntEnum):
    """A code of one of HUD's lists. `list_id` is HUD's number of the list."""

    list_id: ClassVar[str]

    def __init_subclass__(cls, list_id: str, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.list_id = list_id

    @property
    def label(self) -> str:
        """HUD's words for the code."""
        return label(self.list_id, self.value)


class NoYes(HudCode, list_id="1.10"):
    """No or yes, and nothing else."""

    NO = 0
    YES = 1


class NoYesMissing(HudCode, list_id="1.8"):
    """No, yes, or why it is not known."""

    NO = 0
    YES = 1
    DOES_NOT_KNOW = 8
    PREFERS_NOT_TO_ANSWER = 9
    NOT_COLLECTED = 99


class ExportPeriodType(HudCode, list_id="1.1"):
    """By what an export chose its rows."""

    UPDATED = 1
    REPORTING_PERIOD = 3
    OTHER = 4


class ExportDirective(HudCode, list_id="1.2"):
    """Whether an export is whole or holds changes only."""

    DELTA_REFRESH = 1
    FULL_REFRESH = 2
    OTHER = 3


class DisabilityType(HudCode, list_id="1.3"):
    """Which kind of disability a row of Disabilities.csv is about."""

    PHYSICAL = 5
    DEVELOPMENTAL = 6
    CHRONIC_HEALTH = 7
    HIV_AIDS = 8
    MENTAL_HEALTH = 9
    SUBSTANCE_USE = 10


class RecordType(HudCode, list_id="1.4"):
    """Which kind of service a row of Services.csv is."""

    PATH_SERVICE = 141
    RHY_SERVICE = 142
    HOPWA_SERVICE = 143
    SSVF_SERVICE = 144
    HOPWA_FINANCIAL = 151
    SSVF_FINANCIAL = 152
    PATH_REFERRAL = 161
    BED_NIGHT = 200
    VASH_VOUCHER = 210
    MOVING_ON = 300


class HashStatus(HudCode, list_id="1.5"):
    """Whether names and SSNs of an export are hashes. Vendors set 3 on exports that are not hashed at all."""

    UNHASHED = 1
    SHA1 = 2
    OTHER = 3
    SHA256 = 4


class SourceType(HudCode, list_id="1.9"):
    """What kind of system made an export."""

    COC_HMIS = 1
    AGENCY_APPLICATION = 2
    DATA_WAREHOUSE = 3
    OTHER = 4


class ProjectType(HudCode, list_id="2.02.6"):
    """What kind of project it is."""

    ES_ENTRY_EXIT = 0
    ES_NIGHT_BY_NIGHT = 1
    TRANSITIONAL_HOUSING = 2
    PERMANENT_SUPPORTIVE_HOUSING = 3
    STREET_OUTREACH = 4
    SERVICES_ONLY = 6
    OTHER = 7
    SAFE_HAVEN = 8
    PH_HOUSING_ONLY = 9
    PH_HOUSING_WITH_SERVICES = 10
    DAY_SHELTER = 11
    HOMELESSNESS_PREVENTION = 12
    RAPID_REHOUSING = 13
    COORDINATED_ENTRY = 14

    @property
    def short(self) -> str:
        """The abbreviation that fits a table: "PH - RRH"."""
        return current().lists[self.list_id].short[str(self.value)]

    @property
    def has_beds(self) -> bool:
        """Whether projects of this type house people and so have an inventory (HMIS Data Standards FY2026, 2.07)."""
        return self in TYPES_WITH_BEDS


TYPES_WITH_BEDS = frozenset(
    {
        ProjectType.ES_ENTRY_EXIT,
        ProjectType.ES_NIGHT_BY_NIGHT,
        ProjectType.TRANSITIONAL_HOUSING,
        ProjectType.PERMANENT_SUPPORTIVE_HOUSING,
        ProjectType.SAFE_HAVEN,
        ProjectType.PH_HOUSING_ONLY,
        ProjectType.PH_HOUSING_WITH_SERVICES,
        ProjectType.RAPID_REHOUSING,
    }
)


class TargetPopulation(HudCode, list_id="2.02.7"):
    """For whom a project is meant."""

    DOMESTIC_VIOLENCE = 1
    HIV_AIDS = 3
    NOT_APPLICABLE = 4


class RRHSubType(HudCode, list_id="2.02.A"):
    """Whether a rapid re-housing project pays for housing."""

    SERVICES_ONLY = 1
    HOUSING = 2


class HousingType(HudCode, list_id="2.02.D"):
    """Where the units of a project are."""

    SITE_BASED_SINGLE = 1
    SITE_BASED_CLUSTERED = 2
    TENANT_BASED = 3


class GeographyType(HudCode, list_id="2.03.4"):
    """What the place of a project is like."""

    URBAN = 1
    SUBURBAN = 2
    RURAL = 3
    UNKNOWN = 99


class HouseholdType(HudCode, list_id="2.07.4"):
    """For which households beds are kept."""

    WITHOUT_CHILDREN = 1
    ADULT_AND_CHILD = 3
    ONLY_CHILDREN = 4


class BedType(HudCode, list_id="2.07.5"):
    """What kind of emergency shelter beds these are."""

    FACILITY_BASED = 1
    VOUCHER = 2
    OTHER = 3


class Availability(HudCode, list_id="2.07.6"):
    """When emergency shelter beds can be used."""

    YEAR_ROUND = 1
    SEASONAL = 2
    OVERFLOW = 3


class HMISParticipationType(HudCode, list_id="2.08.1"):
    """Whether a project enters its data in the HMIS."""

    NOT_PARTICIPATING = 0
    HMIS = 1
    COMPARABLE_DATABASE = 2


class NameDataQuality(HudCode, list_id="3.01.5"):
    """How complete a name is."""

    FULL = 1
    PARTIAL = 2
    DOES_NOT_KNOW = 8
    PREFERS_NOT_TO_ANSWER = 9
    NOT_COLLECTED = 99


class SSNDataQuality(HudCode, list_id="3.02.2"):
    """How complete an SSN is."""

    FULL = 1
    PARTIAL = 2
    DOES_NOT_KNOW = 8
    PREFERS_NOT_TO_ANSWER = 9
    NOT_COLLECTED = 99


class DOBDataQuality(HudCode, list_id="3.03.2"):
    """How exact a birth date is."""

    FULL = 1
    PARTIAL = 2
    DOES_NOT_KNOW = 8
    PREFERS_NOT_TO_ANSWER = 9
    NOT_COLLECTED = 99


class Sex(HudCode, list_id="4.21"):
    """Sex as asked since FY2026."""

    FEMALE = 0
    MALE = 1
    DOES_NOT_KNOW = 8
    PREFERS_NOT_TO_ANSWER = 9
    NOT_COLLECTED = 99


class RelationshipToHoH(HudCode, list_id="3.15.1"):
    """What a member is to the head of the household."""

    HEAD = 1
    CHILD = 2
    SPOUSE_OR_PARTNER = 3
    OTHER_RELATION = 4
    NOT_RELATED = 5
    NOT_COLLECTED = 99


class DataCollectionStage(HudCode, list_id="5.03.1"):
    """When during a stay something was asked."""

    ENTRY = 1
    UPDATE = 2
    EXIT = 3
    ANNUAL = 5
    POST_EXIT = 6


LOCAL_OR_OTHER_FUNDER = 46
"""The code of 2.06.1 whose name has to be written out in OtherFunder."""

DECEASED = 24
"""The destination of 3.12.1 that ends a person's history."""


def label(list_id: str, code: int | str | None) -> str:
    """Return HUD's words for `code` of list `list_id`.

    A code that the current list no longer has keeps the words of the last year that had it; one that no year knows
    reads "Unknown code 77"; no code at all is an empty text.
    """
    if code is None or code == "":
        return ""
    for spec in reversed(specs()):
        if list_id in spec.lists and str(code) in spec.lists[list_id].codes:
            return spec.lists[list_id].codes[str(code)]
    return f"Unknown code {code}"


def label_of(file: str, column: str, code: int | str | None) -> str:
    """Return HUD's words for what `column` of `file` ("Client", "VeteranStatus") holds.

    A column without a list of its own gives the value back as text.
    """
    list_id = current().by_name[file].by_name[column].list_id
    if list_id is None:
        return "" if code is None else str(code)
    return label(list_id, code)


def options(list_id: str, use: str | None = None) -> list[tuple[int | str, str]]:
    """Return the (code, label) pairs of a list in HUD's order, of one `use` ("destination") if named: for a form."""
    found = current().lists[list_id]
    return [
        (int(code) if code.isdecimal() else code, text) for code, text in found.codes.items() if found.allows(code, use)
    ]


def retired_on(list_id: str, code: int | str, column: str = "") -> date | None:
    """Return the day from which HUD no longer wants `code`, None when it never was on the list, or still is.

    A `column` may have been on another list in an earlier year: what that one allowed is retired, too.
    """
    now = current().lists.get(list_id)
    if now is not None and str(code) in now.codes:
        return None
    had = [spec for spec in specs()[:-1] if any(str(code) in found.codes for found in _lists(spec, list_id, column))]
    return next(spec.effective for spec in specs() if spec.year > had[-1].year) if had else None


def _lists(spec: Spec, list_id: str, column: str) -> Iterator[PickList]:
    if list_id in spec.lists:
        yield spec.lists[list_id]
    for older in spec.lists_of_column(column):
        yield spec.lists[older]
