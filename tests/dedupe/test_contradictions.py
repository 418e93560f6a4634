"""Who is left out and why, and groups that contradict themselves: the pages and what they read."""

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import User
from dedupe.contradictions import TieKind, list_contradictions
from dedupe.models import Scan, ScanState
from dedupe.operations import keep_clients_apart, merge_pair
from dedupe.queries import find_pair, groups_of, last_scan
from dedupe.scanning import begin_scan, fail_scan, scan_store
from tests.browsing import Desk
from tests.make import make_admin
from tests.make_dedupe import make_client, make_project, make_source, make_stay

SSN = "219450817"


def test_a_contradiction_is_shown_with_all_it_hangs_on_and_is_never_joined(desk: Desk) -> None:
    with desk.work() as session:
        source, admin = make_source(), make_admin()
        a, b, c = (make_client(source, letter, ssn=SSN) for letter in "ABC")
        scan_store()
        keep_clients_apart(a, c, by=admin)
        pair = find_pair(a.id, b.id)
        assert pair
        merge_pair(pair, destination_client_id=a.id, choices={}, by=admin)
        scan_store()
        found = list_contradictions(admin)
        (group,) = found.rows
        assert [(tie.one[1], tie.other[1], tie.kind) for tie in group.ties] == [
            ("A", "C", TieKind.APART),
            ("A", "B", TieKind.ONE),
            ("B", "C", TieKind.ALIKE),
        ]
        assert all(tie.score and tie.pair_id for tie in group.ties)
        assert session.get_one(Client, c.id).person_id in (None, c.id)
    page = desk.signed_in(admin).get("/duplicates/conflicts")
    assert page.says("Which of these is wrong?")
    assert page.says("Kept apart")
    assert desk.signed_in(admin).get("/duplicates/conflicts?from=9").says("Nothing contradicts itself")


def test_who_is_protected_since_a_scan_is_in_no_group_of_it(source: HmisSource, reviewer: User) -> None:
    a, b, c, d = (make_client(source, letter) for letter in "ABCD")
    groups = [
        {"records": [a.id, b.id, c.id, d.id], "apart": [[a.id, d.id], [b.id, c.id]], "more": 0},
        {"records": [a.id, b.id, c.id], "apart": [[a.id, b.id]], "more": 0},
    ]
    db.session.add(Scan(state=ScanState.DONE, groups=groups, finished_at=clock.now()))
    make_stay(b, make_project(source, victim_services=True))
    found = list_contradictions(reviewer)
    (group,) = found.rows
    assert ([record for _, record in group.records], found.total) == (["A", "C", "D"], 1)
    assert "B" not in {name for tie in group.ties for _, name in (tie.one, tie.other)}
    (told,) = groups_of(last_scan())
    assert ([record for _, record in told.records], told.apart) == (["A", "C", "D"], [("A", "D")])


def test_who_is_left_out_is_listed_by_reason_but_not_whom_the_law_protects(desk: Desk) -> None:
    with desk.work():
        source, hashed, admin = make_source(), make_source(names_hashed=True), make_admin()
        make_client(source, "Nobody", first_name="Refused", last_name="Unknown", dob=None)
        make_client(source, "Little", first_name="Refused", last_name="Unknown")
        make_client(hashed, "Hashed")
        make_stay(make_client(source, "Hidden"), make_project(source, victim_services=True))
        scan_store()
    visitor = desk.signed_in(admin)
    scan = visitor.get("/duplicates/scan")
    for word, who in (("no-identity", "Nobody"), ("too-little", "Little"), ("hashed-source", "Hashed")):
        assert f"/duplicates/scan/left-out/{word}" in scan.html
        page = visitor.get(f"/duplicates/scan/left-out/{word}")
        assert page.says(f"Client {who}")
        assert not page.says("Hidden")
    with desk.work() as session:
        for personal_id in ("Nobody", "Hashed"):
            client = session.scalars(select(Client).where(Client.personal_id == personal_id)).one()
            source = session.get_one(HmisSource, client.source_id)
            make_stay(client, make_project(source, victim_services=True))
    for word in ("no-identity", "hashed-source"):
        page = visitor.get(f"/duplicates/scan/left-out/{word}")
        assert page.says("Nobody is left out for this"), "they are protected since the scan"
    assert visitor.get("/duplicates/scan/left-out/constant").says("Nobody is left out for this")
    visitor.get("/duplicates/scan/left-out/other", status=404)


def test_a_scan_that_failed_has_found_out_nothing_about_contradictions(clients: list[Client], reviewer: User) -> None:
    a, b, c = (client.id for client in clients)
    group = {"records": [a, b, c], "apart": [[a, c]], "more": 0}
    db.session.add(Scan(state=ScanState.DONE, groups=[group], finished_at=clock.now()))
    db.session.flush()
    fail_scan(begin_scan(by=reviewer))
    assert list_contradictions(reviewer).total == 1
