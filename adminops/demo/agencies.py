"""The twelve invented agencies of an invented corner of Florida, with the staff who type into the HMIS.

Streets, staff and agencies do not exist; phone numbers are from the range reserved for fiction (555-01xx) and
mail addresses from a domain reserved for examples. The Continuum of Care code is a valid one of HUD's list.
"""

from dataclasses import dataclass

COC_CODE = "FL-510"
# HUD geocodes: the city and the two counties around it.
CITY, CITY_COUNTY, SOUTH_COUNTY = "121278", "129031", "129019"


@dataclass(frozen=True, slots=True)
class Agency:
    """One organization of the continuum; `key` is how other parts of the demo name it."""

    key: str
    id: str
    name: str
    short: str
    street: str
    city: str
    zip: str
    geocode: str = CITY
    urban: int = 1  # HUD list 2.03.4: 1 urban, 2 suburban, 3 rural
    victim_services: bool = False
    sloppiness: float = 1.0  # how many more typing faults than usual its workers make


@dataclass(frozen=True, slots=True)
class Worker:
    """A person of User.csv: someone at an agency who types into the HMIS."""

    id: str
    agency: str
    first: str
    last: str
    email: str
    phone: str


AGENCIES: tuple[Agency, ...] = (
    Agency("harbor-house", "101", "Harbor House Shelter", "Harbor House", "212 Lantern St", "Jacksonville", "32202",
           sloppiness=1.6),
    Agency("open-door", "102", "Open Door Rapid Rehousing", "Open Door", "88 Magnolia Row", "Jacksonville", "32204"),
    Agency("riverbend", "103", "Riverbend Veterans Project", "Riverbend", "1440 Tidewater Ave", "Jacksonville", "32206",
           sloppiness=0.6),
    Agency("lakeview", "104", "Lakeview Supportive Housing", "Lakeview", "3021 Heron Lake Dr", "Jacksonville", "32210",
           sloppiness=0.7),
    Agency("youth-compass", "105", "Youth Compass", "Compass", "57 Cardinal Ct", "Jacksonville", "32205"),
    Agency("northside", "106", "Northside Family Center", "Northside", "910 Pelican Blvd", "Jacksonville", "32208",
           geocode=CITY_COUNTY),
    Agency("bridgeway", "107", "Bridgeway Outreach", "Bridgeway", "19 Causeway Ln", "Jacksonville", "32202",
           sloppiness=2.0),
    Agency("county-ce", "108", "County Coordinated Entry", "Coordinated Entry", "500 Civic Plaza", "Jacksonville",
           "32202", sloppiness=1.4),
    Agency("new-anchor", "109", "New Anchor Recovery", "New Anchor", "2275 Cypress Bend Rd", "Jacksonville", "32254"),
    Agency("common-table", "110", "Common Table Day Center", "Common Table", "41 Orchard Aly", "Jacksonville", "32209",
           sloppiness=1.8),
    Agency("clay-crossing", "111", "Clay Crossing Community Services", "Clay Crossing", "734 Old Mill Pike",
           "Green Cove Springs", "32043", geocode=SOUTH_COUNTY, urban=3),
    Agency("willow-gate", "112", "Willow Gate Safe Homes", "Willow Gate", "PO Box 118", "Orange Park", "32073",
           geocode=SOUTH_COUNTY, urban=2, victim_services=True),
)  # fmt: skip

AGENCY: dict[str, Agency] = {agency.key: agency for agency in AGENCIES}

_STAFF = {
    "harbor-house": "Denise Okafor, Luis Marchetti, Paulette Greer, Sam Whitcomb, Tia Bramble",
    "open-door": "Carla Jimerson, Devin Askew, Hannah Prewitt",
    "riverbend": "Marcus Delaney, Rosalind Tharp, Owen Castellano",
    "lakeview": "Priscilla Vaughn, Nadia Ferrante, Cole Hathaway",
    "youth-compass": "Jordan Ellery, Bianca Rourke, Theo Lindqvist",
    "northside": "Gwendolyn Pike, Ana Sotolongo, Keith Barlow, Mona Farrow",
    "bridgeway": "Ray Dombrowski, Sheila Quarles, Nico Abernathy, Vera Stroud",
    "county-ce": "Alicia Mercado, Brent Tolliver, Yvette Loomis, Hugh Carraway",
    "new-anchor": "Patrick Sorrell, Imogen Blythe, Darnell Pruett",
    "common-table": "Faye Merriweather, Otto Kessler, Lena Duval",
    "clay-crossing": "Wes Holcomb, Trudy Ansley, Rick Valdosta",
    "willow-gate": "Maren Fitch, Joy Tillery",
}


def _workers() -> tuple[Worker, ...]:
    workers: list[Worker] = []
    for agency, names in _STAFF.items():
        for name in names.split(", "):
            first, last = name.split()
            number = len(workers) + 1
            mail = f"{first}.{last}@{agency}.example.org".lower()
            workers.append(Worker(str(200 + number), agency, first, last, mail, f"90455501{number:02d}"))
    return tuple(workers)


WORKERS: tuple[Worker, ...] = _workers()
WORKER_IDS: dict[str, tuple[str, ...]] = {
    agency.key: tuple(worker.id for worker in WORKERS if worker.agency == agency.key) for agency in AGENCIES
}
