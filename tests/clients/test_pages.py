"""Looking clients up: who finds whom, what is shown, what is kept on the record."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.clients import refs
from adminops.db import db
from adminops.demo import write_export
from adminops.hmis import merging
from adminops.hmis.intake import import_export
from adminops.hmis.models import Client, Enrollment, HmisSource, Project
from adminops.identity.models import Agency, AgencyOrganization, User
from adminops.identity.permissions import Permission, Role
from tests.browsing import Desk, Page
from tests.make import make_admin, make_agency, make_user
from tests.make_dedupe import make_client, make_exit, make_project, make_service, make_source, make_stay
from tests.make_tickets import make_ticket


@pytest.fixture
def store(desk: Desk, tmp_path: Path) -> Desk:
    """A desk whose store holds a small invented export."""
    export = tmp_path / "export.zip"
    write_export(export, clients=60, seed=3, today=date(2026, 11, 1))
    with desk.work():
        source = HmisSource(name="Test HMIS", created_at=clock.now())
        db.session.add(source)
        db.session.flush()
        import_export(export, source=source, by_id=None)
    return desk


def _agency_of(client: Client) -> tuple[str, Agency]:
    """Make the agency that serves `client`."""
    organization_id = db.session.scalars(
        select(Project.organization_id)
        .join(Enrollment, (Enrollment.project_id == Project.project_id) & (Enrollment.source_id == Project.source_id))
        .where(Enrollment.personal_id == client.personal_id)
    ).first()
    agency = make_agency()
    db.session.add(AgencyOrganization(agency=agency, source_id=client.source_id, organization_id=organization_id))
    return str(organization_id), agency


def _some_client() -> Client:
    client = db.session.scalars(
        select(Client)
        .join(Enrollment, (Enrollment.personal_id == Client.personal_id) & (Enrollment.source_id == Client.source_id))
        .where(Client.last_name.is_not(None), Client.first_name.is_not(None))
        .order_by(Client.id)
    ).first()
    assert client is not None
    return client


def test_an_administrator_finds_a_client_by_id_and_by_name(store: Desk) -> None:
    with store.work():
        admin, client = make_admin(), _some_client()
    visitor = store.signed_in(admin)
    for words in (client.personal_id, f"{client.last_name}, {client.first_name}", str(client.last_name).upper()):
        found = visitor.post("/clients", {"words": words}, status=200)
        assert any(url == f"/clients/{client.id}" for url, _ in found.reader.links), words
    for words in (client.personal_id, f"{client.last_name}, {client.first_name}"):
        hits = visitor.post("/search", {"q": words}, status=200)
        assert any(url == f"/clients/{client.id}" for url, _ in hits.reader.links), words


def test_names_of_clients_stay_out_of_addresses(store: Desk) -> None:
    with store.work():
        admin, client = make_admin(), _some_client()
    visitor = store.signed_in(admin)
    assert not visitor.get(f"/search?q={client.last_name}").says(str(client.personal_id))
    page = visitor.get(f"/clients/{client.id}")
    assert not [url for url, _ in page.reader.links if str(client.last_name) in url]


def test_looking_at_a_record_is_on_the_audit_trail(store: Desk) -> None:
    with store.work():
        admin, client = make_admin(), _some_client()
    store.signed_in(admin).get(f"/clients/{client.id}")
    with store.look() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.fact == "ClientViewed"))
        assert (entry.actor_id, entry.about_id) == (admin.id, str(client.id))


def test_agency_staff_find_only_clients_of_their_programs(store: Desk) -> None:
    with store.work():
        client = _some_client()
        _, agency = _agency_of(client)
        mine, other = make_user(Role.END_USER, agency=agency), make_user(Role.END_USER)
    assert store.signed_in(mine).get(f"/clients/{client.id}").says(str(client.last_name))
    stranger = store.signed_in(other)
    stranger.get(f"/clients/{client.id}", status=404)
    assert stranger.post("/clients", {"words": client.personal_id}, status=200).says("Nobody found")


def test_e4_whole_ssn_needs_the_right_and_a_reason_and_leaves_a_trace(store: Desk) -> None:
    with store.work():
        admin, agent = make_admin(), make_user(Role.HELP_DESK)
        client = db.session.scalars(select(Client).where(Client.ssn_index.is_not(None))).first()
        assert client is not None
    visitor = store.signed_in(admin)
    masked = visitor.get(f"/clients/{client.id}").words
    without = visitor.post(f"/clients/{client.id}/ssn", {"reason": ""}, status=422)
    assert without.says("Choose why")
    shown = visitor.post(f"/clients/{client.id}/ssn", {"reason": "duplicate"}, status=200).words
    assert shown != masked
    store.signed_in(agent).post(f"/clients/{client.id}/ssn", {"reason": "duplicate"}, status=403)
    with store.look() as session:
        assert len(list(session.scalars(select(AuditEntry).where(AuditEntry.fact == "SsnRevealed")))) == 1


@pytest.mark.parametrize("typed", ["219-45-0817", "219450817"])
def test_an_ssn_in_the_box_is_looked_for_on_the_record(desk: Desk, typed: str) -> None:
    with desk.work():
        admin, client = make_admin(), make_client(make_source(), "48213", ssn="219450817")
    visitor = desk.signed_in(admin)
    assert visitor.post("/clients", {"words": typed}, status=307).goal == "/clients/by-ssn"
    page = visitor.post("/clients/by-ssn", {"words": typed}, status=200)
    assert page.says("Clients found with the SSN •••-••-0817")
    assert any(url == f"/clients/{client.id}" for url, _ in page.reader.links)
    assert "219450817" not in page.html.replace("-", "")
    with desk.look() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.fact == "SsnLookedUp"))
        assert (entry.actor_id, entry.detail["client_ids"]) == (admin.id, [client.id])
        assert "0817" not in f"{entry.sentence}{entry.detail}"


def test_nine_digits_that_are_a_client_id_may_be_an_ssn_too(desk: Desk) -> None:
    with desk.work():
        admin, source = make_admin(), make_source()
        by_id = make_client(source, "219450817")
        by_ssn = make_client(source, "2", ssn="219450817")
    visitor = desk.signed_in(admin)
    page = visitor.post("/clients", {"words": "219450817"}, status=200)
    assert [url for url, _ in page.reader.links if url.startswith("/clients/")] == [f"/clients/{by_id.id}"]
    assert page.says("Nine digits may be an SSN, too.")
    found = visitor.post("/clients/by-ssn", {"words": "219450817"}, status=200)
    assert [url for url, _ in found.reader.links if url.startswith("/clients/")] == [f"/clients/{by_ssn.id}"]


def test_who_may_not_look_for_an_ssn_is_told_so(desk: Desk) -> None:
    with desk.work():
        agent = make_user(Role.HELP_DESK)
        make_client(make_source(), "48213", ssn="219450817")
    visitor = desk.signed_in(agent)
    page = visitor.post("/clients", {"words": "219-45-0817"}, status=200)
    assert "219-45" not in page.html
    assert "45-0817" not in page.html
    assert "219450817" not in page.html
    assert page.says("Your role does not include looking for one.")
    assert page.says("Nobody found")
    visitor.post("/clients/by-ssn", {"ssn": "219-45-0817"}, status=403)
    with desk.look() as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.fact == "SsnLookedUp")).all() == []


TYPED_SSNS = [
    "219-45-0817",
    "219450817",
    "219 45 0817",
    "219–45–0817",
    "ssn 219-45-0817",
    "Lopez 219-45-0817",
    "219\t45\t0817",
    "219 45\t0817",
    "219\x0b45\x0b0817",
    "219⁻45⁻0817",
    "219,45,0817",
]


@pytest.mark.parametrize("typed", TYPED_SSNS)
@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.HELP_DESK])
def test_an_ssn_that_was_typed_stands_on_no_page(desk: Desk, role: Role, typed: str) -> None:
    with desk.work():
        viewer, source = make_user(role), make_source()
        make_client(source, " ".join(typed.split()))
        make_client(source, "2", ssn="219450817")
    visitor = desk.signed_in(viewer)
    pages = [
        visitor.post("/clients", {"words": typed}, status=200),
        visitor.post("/clients", {"words": typed + " x" * 100}, status=422),
        visitor.post("/clients", {"words": "lopez", "birth_date": typed}, status=422),
        visitor.post("/search", {"q": typed}, status=200),
        visitor.post("/search", {"q": f"{typed} and more"}, status=200),
        visitor.get("/search", query_string={"q": typed}),
    ]
    for page in pages:
        assert typed not in _without_records(page.html)
        assert "219450817" not in _without_records(page.html)
    assert pages[4].says("That looks like an SSN.")


def test_the_appearance_is_switched_without_losing_words_out_of_an_address(desk: Desk) -> None:
    with desk.work():
        viewer = make_admin()
    visitor = desk.signed_in(viewer)

    def way_back(page: Page) -> str | None:
        found = re.search(r'name="next" value="([^"]*)"', page.html)
        return found and found[1]

    assert way_back(visitor.get("/search?q=broken+printer")) == "/search?q=broken+printer"
    assert way_back(visitor.get("/search", query_string={"q": "219-45-0817"})) == "/search"
    assert way_back(visitor.get("/search", query_string={"q": "x" * 200 + "219-45-0817"})) == "/search?q=" + "x" * 200
    assert way_back(visitor.post("/search", {"q": "Lopez"}, status=200)) == "/search", "it may be the name of a client"


def _without_records(html: str) -> str:
    """Leave out the rows of what was found: the ID of a record may be the same nine digits."""
    return re.sub(r"<(tr|li|a)\b.*?</\1>", "", html, flags=re.DOTALL)


def test_the_whole_ssn_is_the_one_that_the_page_shows_masked(desk: Desk) -> None:
    with desk.work():
        admin, source = make_admin(), make_source()
        kept, folded = make_client(source, "1", ssn="219450817"), make_client(source, "2", ssn="219450818")
        merging.merge_clients(folded, kept, {}, by_id=admin.id)
    visitor = desk.signed_in(admin)
    page = visitor.post(f"/clients/{folded.id}/ssn", {"reason": "duplicate"}, status=200)
    assert (page.says("219-45-0817"), page.says("219-45-0818")) == (True, False)
    with desk.look() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.fact == "SsnRevealed"))
        assert entry.about_id == str(kept.id)


def test_an_ssn_that_is_not_there_is_said_not_to_be_and_nobody_saw_it(desk: Desk) -> None:
    with desk.work():
        admin, client = make_admin(), make_client(make_source(), "1", ssn="")
    page = desk.signed_in(admin).post(f"/clients/{client.id}/ssn", {"reason": "duplicate"}, status=200)
    assert page.says("No SSN of this client is in the store.")
    assert not page.says("The SSN is shown")
    with desk.look() as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.fact == "SsnRevealed")).all() == []


def test_what_is_no_ssn_finds_nobody_and_says_why(desk: Desk) -> None:
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    assert visitor.get("/clients/by-ssn", status=302).goal == "/clients"
    for typed, says in {
        "": "Type the SSN.",
        "12": "nine digits",
        "000-00-0000": "Nobody was ever given this SSN",
    }.items():
        assert visitor.post("/clients/by-ssn", {"ssn": typed}, status=422).says(says)
    assert visitor.post("/clients/by-ssn", {"ssn": "219-45-0999"}, status=200).says("No client whom you may see has")


def test_a_birth_date_narrows_a_name_and_stands_alone(desk: Desk) -> None:
    with desk.work():
        admin, source = make_admin(), make_source()
        make_client(source, "1", dob=date(1985, 5, 17))
        make_client(source, "2", dob=date(1990, 1, 1))
    visitor = desk.signed_in(admin)
    for fields in (
        {"words": "lopez", "birth_date": "1/1/1990"},
        {"birth_date": "1990-01-01"},
        {"words": "Jan 1, 1990"},
    ):
        page = visitor.post("/clients", fields, status=200)
        assert [url for url, _ in page.reader.links if url.startswith("/clients/")] == ["/clients/2"]
    page = visitor.post("/clients", {"words": "lopez", "birth_date": "31/31/1990"}, status=422)
    assert page.says("That is no birth date.")


def test_more_than_a_page_is_found_page_by_page(desk: Desk) -> None:
    with desk.work():
        admin, source = make_admin(), make_source()
        for number in range(60):
            make_client(source, f"C{number}", first_name=f"Maria{number:02}")
    visitor = desk.signed_in(admin)
    seen: list[str] = []
    fields = {"words": "lopez"}
    while fields:
        page = visitor.post("/clients", fields, status=200)
        seen += [url for url, _ in page.reader.links if url.startswith("/clients/")]
        after = re.search(r'name="after" value="([^"]+)"', page.html)
        fields = {"words": "lopez", "after": after[1]} if after else {}
    assert len(seen) == len(set(seen)) == 60


def _family(desk: Desk) -> tuple[User, Client, Client]:
    """Maria in two shelters at once, the second with her child Ana; the record of Mary is merged into hers."""
    with desk.work():
        admin, source = make_admin(), make_source("North")
        maria, ana = make_client(source, "48213"), make_client(source, "51907", first_name="Ana")
        mary = make_client(source, "60001", first_name="Mary", dob=date(1985, 5, 18))
        shelter, other = (make_project(source, project_name=name, project_type=0) for name in ("Harbor", "Second"))
        make_exit(make_stay(maria, shelter, entry=date(2026, 1, 1)), date(2026, 2, 1))
        make_service(make_stay(maria, other, entry=date(2026, 1, 20), household_id="H", move_in_date=date(2026, 3, 1)))
        make_stay(ana, other, entry=date(2026, 1, 20), household_id="H", relationship_to_hoh=2)
        make_stay(ana, shelter, entry=date(2026, 1, 20), household_id="H", relationship_to_hoh=2)
        merging.merge_clients(mary, maria, {"dob": "source"}, by_id=admin.id)
        return admin, maria, ana


def test_the_page_shows_households_overlaps_and_where_fields_come_from(desk: Desk) -> None:
    admin, maria, ana = _family(desk)
    page = desk.signed_in(admin).get(f"/clients/{maria.id}")
    assert any(url == f"/clients/{ana.id}" for url, _ in page.reader.links)
    assert page.words.count("with Ana Lopez") == 1, "a HouseholdID is one household in its project only"
    assert page.says("Overlaps Second, 20 Jan 2026 to 31 Jan 2026 (12 nights)")
    assert page.says("moved in 1 Mar 2026")
    assert page.says("chosen by merge 1")
    assert page.says("Mary Lopez, 18 May 1985")
    assert f"Client {maria.personal_id}</strong> <span" in page.html, "an id and a source do not run together"


def test_pages_cost_few_statements_however_much_they_show(desk: Desk, counted: Callable[[], int]) -> None:
    admin, maria, _ = _family(desk)
    visitor = desk.signed_in(admin)
    visitor.get(f"/clients/{maria.id}")
    counted()
    visitor.get(f"/clients/{maria.id}")
    assert counted() <= 12


def test_a_link_to_a_merged_record_that_the_vendor_deleted_leads_to_the_one_that_was_kept(desk: Desk) -> None:
    with desk.work():
        source, admin = make_source(), make_admin()
        kept, retired = make_client(source, "C1"), make_client(source, "C2")
        alone = make_client(source, "C3")
        merging.merge_clients(retired, kept, {}, by_id=admin.id)
        retired.removed_at = alone.removed_at = clock.now()
    with desk.app.test_request_context(), desk.look() as session:
        viewer = session.get_one(User, admin.id)
        links = refs.resolve([str(each.id) for each in (kept, retired, alone)], viewer)
        assert {id_: (link.title, link.url) for id_, link in links.items()} == {
            str(kept.id): ("Client C1", f"/clients/{kept.id}"),
            str(retired.id): ("Client C2", f"/clients/{kept.id}"),
        }


def test_unknown_clients_and_empty_words_are_no_failure(store: Desk) -> None:
    with store.work():
        admin = make_admin()
    visitor = store.signed_in(admin)
    visitor.get("/clients/999999", status=404)
    assert visitor.post("/clients", {"words": ""}, status=422).says("Type a name, a client ID or a birth date.")
    assert visitor.post("/clients", {"words": "%_\\'\x00"}, status=200).says("Nobody found")
    visitor.post("/clients", {"words": "a", "after": "99999999999999999999"}, status=200)


def test_pages_cost_few_statements(store: Desk, counted: Callable[[], int]) -> None:
    with store.work():
        admin, client = make_admin(), _some_client()
    visitor = store.signed_in(admin)
    visitor.get(f"/clients/{client.id}")
    counted()
    visitor.get(f"/clients/{client.id}")
    assert counted() <= 12
    visitor.post("/clients", {"words": "a"}, status=200)
    assert counted() <= 12


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.MANAGER, Role.HELP_DESK, Role.AGENCY_LEAD, Role.END_USER])
def test_pages_cost_few_statements_whoever_looks(store: Desk, counted: Callable[[], int], role: Role) -> None:
    """The fewer clients somebody may see, the more there is to ask."""
    with store.work():
        client = _some_client()
        _, agency = _agency_of(client)
        make_agency(name="Safe Place", is_victim_service_provider=True)
        viewer = make_user(role, agency=agency if role in (Role.AGENCY_LEAD, Role.END_USER) else None)
        may_reveal = viewer.may(Permission.REVEAL_SSN)
        number = make_ticket(viewer).id
    visitor = store.signed_in(viewer)
    visitor.get(f"/clients/{client.id}")
    costs: dict[str, int] = {}

    def count(name: str, ask: Callable[[], object]) -> None:
        counted()
        ask()
        costs[name] = counted()

    count("a client", lambda: visitor.get(f"/clients/{client.id}"))
    for words in (client.personal_id, "a", f"{client.last_name}, {client.first_name}"):
        count(f"look up {words}", lambda words=words: visitor.post("/clients", {"words": words}, status=200))
    count("search", lambda: visitor.post("/search", {"q": client.personal_id}, status=200))
    visitor.post(
        "/search", {"q": "rows"}, status=200
    )  # what is remembered for seconds is read: known problems, repairs
    for words in ("rows", client.last_name):
        count(f"search {words}", lambda words=words: visitor.post("/search", {"q": words}, status=200))
    both = visitor.post("/search", {"q": str(number)}, status=200)
    assert both.says("Report stops at 10,000 rows")
    count("search a number", lambda: visitor.post("/search", {"q": str(number)}, status=200))
    count("search by the address", lambda: visitor.get("/search", query_string={"q": client.personal_id}))
    if may_reveal:
        url = f"/clients/{client.id}/ssn"
        count("an SSN", lambda: visitor.post(url, {"reason": "duplicate"}, status=200))
        count("no reason", lambda: visitor.post(url, {"reason": ""}, status=422))
    assert {name: cost for name, cost in costs.items() if cost > 12} == {}, costs
