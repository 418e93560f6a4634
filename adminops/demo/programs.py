"""The sixty invented programs of the twelve agencies: types, beds, grants and who they serve, as data.

Dates are days before (or, for grants, after) the day the demo is made for, so that a demo is never stale.
Funding sources follow which project types HUD's program manuals allow (HMIS Data Standards FY2026, 2.06).
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta

from adminops.demo.agencies import AGENCY, Agency

YEAR = 365
ES, NBN, TH, PSH, SO, SSO, OTHER, SH, PH, OPH, DAY, HP, RRH, CE = 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14
HOUSING = (PSH, PH, OPH, RRH)
RESIDENTIAL = (ES, NBN, TH, PSH, SH, PH, OPH, RRH)


@dataclass(frozen=True, slots=True)
class Grant:
    """One line of federal, state or local money; `ends_in` days from today, None for an open end."""

    funder: int
    number: str
    ends_in: int | None = 200
    other: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """One program; `key` is how other parts of the demo name it, `serves` which households it takes in."""

    key: str
    agency: str
    name: str
    type: int
    serves: str
    size: float
    grants: tuple[Grant, ...] = ()
    beds: tuple[tuple[int, int], ...] = ()  # (HUD household type 1, 3 or 4; beds)
    dedicated: str = "OtherBedInventory"  # the column of Inventory.csv that the beds count under
    housing: int | None = None  # HUD list 2.02.D
    rrh_subtype: int | None = None
    target: int = 4  # HUD list 2.02.7
    opened: int = 9 * YEAR  # days before today
    closed: int | None = None  # days before today
    participation: int = 1  # HUD list 2.08.1
    availability: int = 1  # HUD list 2.07.6
    affiliated: tuple[str, ...] = ()
    in_continuum: int = 1
    # Filled in below from the position, `serves` and `grants`.
    id: str = ""
    groups: frozenset[str] = frozenset()
    funders: frozenset[int] = frozenset()  # HUD list 2.06.1

    @property
    def owner(self) -> Agency:
        """Return the agency that runs the program."""
        return AGENCY[self.agency]

    @property
    def takes_clients(self) -> bool:
        """Say whether client rows exist: the program uses the HMIS and belongs to no victim service provider."""
        return self.participation == 1 and not self.owner.victim_services

    def opening(self, today: date) -> date:
        """Return the first day of operation."""
        return today - timedelta(days=self.opened)

    def closing(self, today: date) -> date | None:
        """Return the last day of operation, None while it runs."""
        return None if self.closed is None else today - timedelta(days=self.closed)


def _coc(number: int, ends_in: int = 200) -> str:
    return f"FL9{number:03d}L4H10{25 if ends_in > 150 else 24}0{number % 9 + 1}"


def _local(name: str, ends_in: int | None = None) -> Grant:
    return Grant(46, f"LOC-{name[:3].upper()}-{len(name):02d}", ends_in, name)


def _esg(funder: int, lot: int, ends_in: int = 150) -> Grant:
    return Grant(funder, f"ESG-24-{lot:03d}", ends_in)


_ROWS: tuple[Project, ...] = (
    # Harbor House Shelter
    Project("harbor-men", "harbor-house", "Men's Emergency Shelter", ES, "man", 9,
            (_esg(8, 11), _local("City General Fund")), ((1, 96),), housing=1, opened=22 * YEAR),
    Project("harbor-women", "harbor-house", "Women's Emergency Shelter", ES, "woman", 6,
            (_esg(8, 12),), ((1, 54),), housing=1, opened=15 * YEAR),
    Project("harbor-nightly", "harbor-house", "Night Mat Program", NBN, "single veteran youth", 12,
            (_esg(8, 13),), ((1, 120),), housing=1, opened=12 * YEAR),
    Project("harbor-winter", "harbor-house", "Cold Night Overflow", NBN, "single", 2,
            (_local("Faith Winter Appeal"),), ((1, 40),), housing=1, opened=6 * YEAR, availability=3),
    Project("harbor-haven", "harbor-house", "Quiet Harbor Safe Haven", SH, "single veteran", 1,
            (Grant(6, _coc(101), 230),), ((1, 20),), housing=1, opened=10 * YEAR),
    Project("harbor-respite", "harbor-house", "Medical Respite", ES, "single veteran", 2,
            (_local("Regional Hospital Fund", 88),), ((1, 18),), housing=1, opened=4 * YEAR),
    Project("harbor-rehousing", "harbor-house", "Shelter to Home", RRH, "single", 4,
            (_esg(10, 14),), ((1, 30),), housing=3, rrh_subtype=2, opened=7 * YEAR),
    # Open Door Rapid Rehousing
    Project("open-door-families", "open-door", "Rapid Rehousing for Families", RRH, "family", 6,
            (Grant(3, _coc(110), 260),), ((3, 90),), housing=3, rrh_subtype=2, opened=8 * YEAR),
    Project("open-door-singles", "open-door", "Rapid Rehousing for Adults", RRH, "single", 6,
            (Grant(3, _coc(111, 45), 45),), ((1, 60),), housing=3, rrh_subtype=2, opened=8 * YEAR),
    Project("open-door-esg", "open-door", "Rapid Rehousing ESG", RRH, "single family", 4,
            (_esg(10, 21),), ((1, 14), (3, 36)), housing=3, rrh_subtype=2, opened=6 * YEAR),
    Project("open-door-support", "open-door", "Housing Stability Services", RRH, "single family", 2,
            (Grant(54, "FL9054U4H102301", 300),), housing=3, rrh_subtype=1, opened=2 * YEAR,
            affiliated=("open-door-esg",)),
    Project("open-door-prevention", "open-door", "Keys Kept Prevention", HP, "single family", 5,
            (_esg(9, 22),), opened=6 * YEAR),
    Project("open-door-bridge", "open-door", "Bridge Apartments (TH of Joint TH-RRH)", TH, "family single", 2,
            (Grant(44, _coc(112), 310),), ((1, 8), (3, 24)), housing=2, opened=4 * YEAR),
    Project("open-door-joint", "open-door", "Bridge to Lease (RRH of Joint TH-RRH)", RRH, "family single", 2,
            (Grant(44, _coc(112), 310),), ((1, 10), (3, 30)), housing=3, rrh_subtype=2, opened=4 * YEAR),
    # Riverbend Veterans Project
    Project("riverbend-rehousing", "riverbend", "SSVF Rapid Rehousing", RRH, "veteran veteran-family", 8,
            (Grant(33, "24-FL-9103", 130),), ((1, 70), (3, 20)), housing=3, rrh_subtype=2, opened=11 * YEAR),
    Project("riverbend-prevention", "riverbend", "SSVF Homelessness Prevention", HP, "veteran veteran-family", 6,
            (Grant(33, "24-FL-9103", 130),), opened=11 * YEAR),
    Project("riverbend-bridge", "riverbend", "GPD Bridge Housing", TH, "veteran", 5,
            (Grant(37, "RVB-101-0725-BH", 60),), ((1, 30),), "VetBedInventory", housing=1, opened=9 * YEAR),
    Project("riverbend-intensive", "riverbend", "GPD Service-Intensive Housing", TH, "veteran", 4,
            (Grant(41, "RVB-102-0725-SI", 60),), ((1, 24),), "VetBedInventory", housing=1, opened=9 * YEAR),
    Project("riverbend-vash", "riverbend", "HUD-VASH Vouchers", PSH, "veteran veteran-family", 6,
            (Grant(20, "FL-VASH-910", None),), ((1, 110), (3, 30)), "VetBedInventory", housing=3, opened=12 * YEAR),
    Project("riverbend-crs", "riverbend", "VA Contract Residential Beds", ES, "veteran", 3,
            (Grant(27, "36C248-90-D-0103", 20),), ((1, 12),), "VetBedInventory", housing=1, opened=5 * YEAR),
    # Lakeview Supportive Housing
    Project("lakeview-heron", "lakeview", "Heron Pointe PSH", PSH, "single", 5,
            (Grant(2, _coc(120), 180),), ((1, 60),), "CHBedInventory", housing=1, opened=14 * YEAR),
    Project("lakeview-scattered", "lakeview", "Scattered Homes PSH", PSH, "single family", 5,
            (Grant(2, _coc(121), 30),), ((1, 48), (3, 40)), "CHBedInventory", housing=3, opened=10 * YEAR),
    Project("lakeview-family", "lakeview", "Family Cottages PSH", PSH, "family", 3,
            (Grant(2, _coc(122), 275),), ((3, 66),), "CHBedInventory", housing=2, opened=7 * YEAR),
    Project("lakeview-builds", "lakeview", "Marsh Landing PSH", PSH, "single", 1,
            (Grant(56, _coc(123, 700), 700),), ((1, 24),), "CHBedInventory", housing=1, opened=240),
    Project("lakeview-positive", "lakeview", "Positive Living Apartments", PSH, "single", 2,
            (Grant(15, "FLH24-F910", 110),), ((1, 22),), housing=1, target=3, opened=9 * YEAR),
    Project("lakeview-strmu", "lakeview", "Short-Term Rent and Utility Help", HP, "single family", 2,
            (Grant(17, "FLH24-F911", 110),), opened=9 * YEAR, target=3),
    Project("lakeview-elder", "lakeview", "Elder Apartments", OPH, "single", 2,
            (Grant(52, "EHV-FL-910", None),), ((1, 36),), housing=1, opened=4 * YEAR),
    Project("lakeview-homes", "lakeview", "HOME Rental Units", PH, "family single", 2,
            (Grant(50, "M24-UC12-0910", 420),), ((1, 12), (3, 28)), housing=2, opened=5 * YEAR),
    # Youth Compass
    Project("compass-shelter", "youth-compass", "Safe Harbor Youth Shelter", ES, "minor", 3,
            (Grant(22, "90CY9105-03", 240),), ((4, 16),), housing=1, opened=13 * YEAR),
    Project("compass-prevention", "youth-compass", "Family Mediation", HP, "minor", 2,
            (Grant(22, "90CY9105-03", 240),), opened=13 * YEAR),
    Project("compass-living", "youth-compass", "Transitional Living", TH, "youth", 4,
            (Grant(24, "90CX9112-02", 75),), ((1, 20),), "YouthBedInventory", housing=2, opened=9 * YEAR),
    Project("compass-maternity", "youth-compass", "Maternity Group Home", TH, "young-family", 2,
            (Grant(23, "90YZ9103-01", 190),), ((3, 18),), "YouthBedInventory", housing=1, opened=6 * YEAR),
    Project("compass-street", "youth-compass", "Street Outreach for Youth", SO, "youth minor", 3,
            (Grant(25, "90YO9107-03", 240),), opened=10 * YEAR),
    Project("compass-rehousing", "youth-compass", "Launch Rapid Rehousing", RRH, "youth young-family", 4,
            (Grant(43, _coc(130), 330),), ((1, 24), (3, 12)), "YouthBedInventory", housing=3, rrh_subtype=2,
            opened=3 * YEAR),
    Project("compass-drop-in", "youth-compass", "Drop-In Center", DAY, "youth", 3,
            (_local("Children's Trust", 140),), opened=5 * YEAR),
    # Northside Family Center
    Project("northside-shelter", "northside", "Family Shelter", ES, "family", 9,
            (_esg(8, 31),), ((3, 84),), housing=1, opened=16 * YEAR),
    Project("northside-motel", "northside", "Family Motel Vouchers", ES, "family", 4,
            (_local("Emergency Motel Fund", 12),), ((3, 40),), housing=3, opened=3 * YEAR),
    Project("northside-prevention", "northside", "Eviction Prevention", HP, "family", 6,
            (_esg(9, 32), _local("United Community Appeal")), opened=7 * YEAR),
    Project("northside-transitional", "northside", "Stepping Stones Transitional Housing", TH, "family", 3,
            (Grant(5, _coc(140), 95),), ((3, 48),), housing=2, opened=12 * YEAR),
    Project("northside-services", "northside", "Family Navigation", SSO, "family", 3,
            (Grant(4, _coc(141), 215),), opened=5 * YEAR, affiliated=("northside-shelter",)),
    Project("northside-closed", "northside", "Hotel to Home", RRH, "family", 2,
            (_local("Recovery Relief Fund", -420),), ((3, 60),), housing=3, rrh_subtype=2, opened=4 * YEAR, closed=420),
    # Bridgeway Outreach
    Project("bridgeway-street", "bridgeway", "Downtown Street Outreach", SO, "single veteran youth", 9,
            (_esg(11, 41),), opened=10 * YEAR),
    Project("bridgeway-path", "bridgeway", "PATH Outreach", SO, "single", 6,
            (Grant(21, "SM9107-25", 170),), opened=11 * YEAR),
    Project("bridgeway-beaches", "bridgeway", "Beaches Outreach", SO, "single", 3,
            (Grant(4, _coc(150), 125),), opened=4 * YEAR),
    Project("bridgeway-path-services", "bridgeway", "PATH Supportive Services", SSO, "single", 3,
            (Grant(21, "SM9107-25", 170),), opened=11 * YEAR),
    Project("bridgeway-lockers", "bridgeway", "Locker and Mail Services", OTHER, "single", 2,
            (_local("Downtown Partnership"),), opened=6 * YEAR, in_continuum=0),
    # County Coordinated Entry
    Project("county-access", "county-ce", "Coordinated Entry Access", CE,
            "single family youth veteran young-family veteran-family", 14,
            (Grant(4, _coc(160), 205),), opened=7 * YEAR),
    Project("county-navigation", "county-ce", "Housing Navigation", SSO, "single family", 3,
            (Grant(4, _coc(161), 205),), opened=4 * YEAR, affiliated=("harbor-men", "northside-shelter")),
    Project("county-diversion", "county-ce", "Diversion Line", CE, "single family", 5,
            (Grant(55, "FL9055R4H102301", 390),), opened=2 * YEAR),
    # New Anchor Recovery
    Project("anchor-recovery", "new-anchor", "Recovery Residence", TH, "man woman", 4,
            (_local("State Behavioral Health", 155),), ((1, 40),), housing=1, opened=18 * YEAR),
    Project("anchor-low-demand", "new-anchor", "GPD Low Demand Haven", SH, "veteran", 2,
            (Grant(38, "NAR-104-0725-LD", 60),), ((1, 16),), "VetBedInventory", housing=1, opened=5 * YEAR),
    Project("anchor-aftercare", "new-anchor", "Aftercare Apartments", OPH, "single", 1,
            (_local("Anchor Endowment"),), ((1, 14),), housing=2, opened=3 * YEAR),
    # Common Table Day Center
    Project("table-day", "common-table", "Day Center", DAY, "single", 8,
            (_esg(8, 51),), opened=20 * YEAR),
    Project("table-meals", "common-table", "Community Meals", OTHER, "single family", 2,
            (_local("Food Partners Network"),), opened=20 * YEAR, in_continuum=0),
    # Clay Crossing Community Services
    Project("clay-shelter", "clay-crossing", "County Shelter", ES, "single family", 4,
            (_esg(8, 61),), ((1, 20), (3, 22)), housing=1, opened=8 * YEAR),
    Project("clay-prevention", "clay-crossing", "Rural Prevention", HP, "single family", 4,
            (_esg(9, 62, -20),), opened=8 * YEAR),
    Project("clay-mission", "clay-crossing", "Mission Dormitory", ES, "single", 0,
            (_local("Congregations United"),), ((1, 26),), housing=1, opened=25 * YEAR, participation=0),
    # Willow Gate Safe Homes: a victim service provider, whose clients are never in the HMIS
    Project("willow-shelter", "willow-gate", "Confidential Shelter", ES, "", 0,
            (_esg(8, 71),), ((1, 10), (3, 34)), housing=2, target=1, opened=17 * YEAR, participation=2),
    Project("willow-transitional", "willow-gate", "Safe Steps Transitional Housing", TH, "", 0,
            (Grant(5, _coc(170), 160),), ((3, 20),), housing=2, target=1, opened=9 * YEAR, participation=2),
    Project("willow-rehousing", "willow-gate", "Safe at Home Rapid Rehousing", RRH, "", 0,
            (Grant(3, _coc(171), 245),), ((1, 6), (3, 28)), housing=3, rrh_subtype=2, target=1, opened=5 * YEAR,
            participation=2),
)  # fmt: skip


def _completed(rows: tuple[Project, ...]) -> tuple[Project, ...]:
    """Number the programs within their agency, so that a program added at its end changes no other's id."""
    count: Counter[str] = Counter()
    completed: list[Project] = []
    for row in rows:
        count[row.agency] += 1
        project_id = f"{row.owner.id}{count[row.agency]:02d}"
        funders = frozenset(grant.funder for grant in row.grants)
        completed.append(replace(row, id=project_id, groups=frozenset(row.serves.split()), funders=funders))
    return tuple(completed)


PROJECTS: tuple[Project, ...] = _completed(_ROWS)
PROJECT: dict[str, Project] = {project.key: project for project in PROJECTS}
