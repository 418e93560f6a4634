"""Who sees whom, everywhere: each kind of viewer against each kind of client, on every way to a client."""

from dataclasses import dataclass

import pytest

from accounts.seeing.operations import ask_who_could_see
from adminops import clock
from adminops.clients import refs
from adminops.hmis import merging
from adminops.hmis.models import Client, Project
from adminops.hmis.persons import found_person
from adminops.hmis.search import find_by_ssn
from adminops.identity.models import SYSTEM, AgencyOrganization, User
from adminops.identity.permissions import Role
from adminops.identity.scopes import scope_of
from dedupe.gathering import records_to_match, stays_to_warn_of
from tests.browsing import Desk, Visitor
from tests.make import make_agency
from tests.make_accounts import make_account
from tests.make_dedupe import make_client, make_project, make_source, make_stay

A, B, V = "Harbor House", "Second Step", "Safe Place"
"""Two agencies, and a victim service provider."""

PLACES: dict[str, set[str]] = {
    "AtA": {A},
    "AtB": {B},
    "AtV": {V},
    "Both": {A, V},
    "Nowhere": set(),
    "Kept": {A},
    "Folded": {V},
    "Joined": {B},
}
PERSONS = {"Folded": "Kept", "Joined": "Kept"}
"""Records that read under another one."""

VIEWERS: dict[str, tuple[Role, str | None]] = {
    "system administrator": (Role.SYSTEM_ADMIN, None),
    "manager": (Role.MANAGER, None),
    "help desk": (Role.HELP_DESK, None),
    "lead of A": (Role.AGENCY_LEAD, A),
    "user of A": (Role.END_USER, A),
    "user of B": (Role.END_USER, B),
    "user of V": (Role.END_USER, V),
    "user of an agency without projects": (Role.END_USER, "Elsewhere"),
}


def sees(viewer: str, record: str) -> bool:
    """Say whether a viewer may see a record: the rule in other words than those of the code."""
    role, agency = VIEWERS[viewer]
    if role in (Role.SYSTEM_ADMIN, Role.MANAGER):
        return True
    if PLACES[record] == {V} and agency != V:
        return False
    return agency is None or any(agency in PLACES[each] for each in PLACES if _person(each) == _person(record))


def seen_places(viewer: str, record: str) -> set[str]:
    """Return where a viewer sees the person of a record stay."""
    role, agency = VIEWERS[viewer]
    everywhere = {place for each in PLACES if _person(each) == _person(record) for place in PLACES[each]}
    if role in (Role.SYSTEM_ADMIN, Role.MANAGER):
        return everywhere
    return everywhere - {V} if agency is None else everywhere & {agency}


def _person(record: str) -> str:
    return PERSONS.get(record, record)


@dataclass
class World:
    """Clients by what they are, and people who look at them."""

    desk: Desk
    clients: dict[str, Client]
    viewers: dict[str, User]

    def visitor(self, viewer: str) -> Visitor:
        return self.desk.signed_in(self.viewers[viewer])


@pytest.fixture(params=["HUD's record", "the agency"])
def world(desk: Desk, request: pytest.FixtureRequest) -> World:
    """The clients and viewers; what says that V is a victim service provider is the parameter."""
    by_hud = request.param == "HUD's record"
    with desk.work():
        source = make_source()
        agencies = {
            name: make_agency(name=name, is_victim_service_provider=name == V and not by_hud)
            for name in (A, B, V, "Elsewhere")
        }
        projects: dict[str, Project] = {}
        for name in (A, B, V):
            projects[name] = make_project(
                source, project_name=f"Program of {name}", victim_services=name == V and by_hud
            )
            number = projects[name].organization_id or ""
            agencies[name].organizations.append(AgencyOrganization(source_id=source.id, organization_id=number))
        clients = {}
        for number, (record, places) in enumerate(PLACES.items()):
            client = make_client(
                source, record, first_name=f"Person{record}", last_name="Matrix", ssn=f"21945{1000 + number}"
            )
            found_person(client)
            for place in sorted(places):
                make_stay(client, projects[place], household_id="SAME", relationship_to_hoh=2)
            clients[record] = client
        for folded, kept in PERSONS.items():
            merging.merge_clients(clients[folded], clients[kept], {}, by_id=None)
        viewers = {
            who: make_account(role, agency=agencies[at] if at else None).user for who, (role, at) in VIEWERS.items()
        }
    return World(desk, clients, viewers)


def test_whoever_may_not_see_a_client_finds_no_trace_of_it(world: World) -> None:
    for viewer in VIEWERS:
        visitor = world.visitor(viewer)
        expected = {record for record in PLACES if sees(viewer, record)}
        for record, client in world.clients.items():
            visitor.get(f"/clients/{client.id}", status=200 if record in expected else 404)
        assert {
            r for r in PLACES if _links(visitor.post("/clients", {"words": r}, status=200), world) & {r}
        } == expected, viewer
        assert _links(visitor.post("/clients", {"words": "Matrix"}, status=200), world) == expected, viewer
        assert _links(visitor.post("/clients", {"words": "5/17/1985"}, status=200), world) == expected, viewer
        found = set().union(
            *(_links(visitor.post("/search", {"q": f"Matrix, Person{r}"}, status=200), world) for r in PLACES)
        )
        assert found == expected, viewer
        assert {r for r in PLACES if _links(visitor.get(f"/search?q={r}"), world) & {r}} == expected, viewer
        with world.desk.app.test_request_context(), world.desk.look() as session:
            who = session.get_one(User, world.viewers[viewer].id)
            links = refs.resolve([str(client.id) for client in world.clients.values()], who)
        assert {r for r, client in world.clients.items() if str(client.id) in links} == expected, viewer


def test_merged_records_that_left_their_source_lead_on_only_who_would_see_them(world: World) -> None:
    kept, folded = world.clients["Kept"].id, {record: world.clients[record].id for record in PERSONS}
    with world.desk.work() as session:
        for id_ in folded.values():
            session.get_one(Client, id_).removed_at = clock.now()
    led = set()
    for viewer in VIEWERS:
        with world.desk.app.test_request_context(), world.desk.look() as session:
            who = session.get_one(User, world.viewers[viewer].id)
            links = refs.resolve([str(id_) for id_ in (kept, *folded.values())], who)
        expected = {record for record in folded if str(kept) in links and sees(viewer, record)}
        assert {record for record, id_ in folded.items() if str(id_) in links} == expected, viewer
        led |= {(viewer, record) for record in expected}
    assert {("system administrator", "Folded"), ("help desk", "Joined")} <= led
    assert ("help desk", "Folded") not in led, "it stays with victim services alone"


def test_looking_back_tells_the_same(world: World) -> None:
    """The rule of sight is said twice: as conditions of queries, and over values of a day in the past."""
    with world.desk.work():
        for record, client in world.clients.items():
            found = ask_who_could_see(client.id, on=clock.today(), by=SYSTEM)
            names = {world.viewers[viewer].username for viewer in VIEWERS if sees(viewer, record)}
            assert {seer.username for seer in found.seers} == names, record


def test_an_ssn_finds_the_same_clients(world: World) -> None:
    for number, record in enumerate(PLACES):
        typed = f"219-45-{1000 + number}"
        page = world.visitor("manager").post("/clients/by-ssn", {"ssn": typed}, status=200)
        assert _links(page, world) == {record}
        with world.desk.look() as session:  # no role may ask for less than everything; the look-up itself is scoped
            for viewer, user in world.viewers.items():
                found = find_by_ssn(typed, scope=scope_of(session.get_one(User, user.id)))
                assert [row.personal_id for row in found] == [record] * sees(viewer, record), (viewer, record)


def test_the_page_shows_stays_and_people_within_sight_alone(world: World) -> None:
    for viewer in VIEWERS:
        visitor = world.visitor(viewer)
        for record, client in world.clients.items():
            if not sees(viewer, record):
                continue
            page = visitor.get(f"/clients/{client.id}")
            shown = {place for place in (A, B, V) if f"Program of {place}" in page.words}
            assert shown == seen_places(viewer, record), (viewer, record)
            assert all(sees(viewer, each) for each in _links(page, world)), (viewer, record)
            hidden = {each for each in PLACES if not sees(viewer, each)}
            assert not {each for each in hidden if f"Person{each}" in page.words}, (viewer, record)


def test_stays_with_victim_services_are_not_even_counted(world: World) -> None:
    page = world.visitor("user of A").get(f"/clients/{world.clients['Both'].id}")
    assert not page.says("in other agencies’ programs")
    page = world.visitor("user of A").get(f"/clients/{world.clients['Kept'].id}")
    assert page.says("1 stay in other agencies’ programs")


def test_clients_of_victim_services_are_never_matched(world: World) -> None:
    with world.desk.look():
        gathered = records_to_match()
        stays = stays_to_warn_of([world.clients["Both"].id])
    assert set(gathered.columns.ids) == {world.clients[record].id for record in PLACES if PLACES[record] != {V}}
    assert gathered.victim_services == 2
    assert [len(each) for each in stays.values()] == [1]


def _links(page: object, world: World) -> set[str]:
    urls = {url for url, _ in page.reader.links}  # type: ignore[attr-defined]
    return {record for record, client in world.clients.items() if f"/clients/{client.id}" in urls}
