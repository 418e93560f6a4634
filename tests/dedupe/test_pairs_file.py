"""`adminops dedupe pairs`: a file of clients in, a file of likely pairs out, without any database."""

import csv
import io
import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dedupe.cli import dedupe
from dedupe.matching.files import read_clients

HEAD = (
    "PersonalID,FirstName,MiddleName,LastName,NameSuffix,NameDataQuality,SSN,SSNDataQuality,DOB,DOBDataQuality,Sex,"
    "DateDeleted\n"
)
ROWS = """b2,Dolores,,Whitaker,,1,219450817,1,1987-03-11,1,0,
a1,DOLORES,A,"Whitaker ",,1,219-45-0817,1,1987-03-11,1,0,
c3,Kim,,Abel,,1,412339054,1,1990-07-02,1,1,
d4,Refused,,Unknown,,9,,9,,9,99,
e5,Dolores,,Whitaker,,1,219450817,1,1987-03-11,1,0,2026-01-02 10:00:00
"""
CLIENTS = "\ufeff" + HEAD + ROWS
STAYS = """EnrollmentID,PersonalID,ProjectID,HouseholdID
1,b2,p1,h1
2,c3,p1,h1
3,a1,p1,h2
4,zz,p1,h2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Client.csv").write_text(CLIENTS, encoding="utf-8")
    (tmp_path / "Enrollment.csv").write_text(STAYS, encoding="utf-8")
    return tmp_path


def run(folder: Path, *more: str, clients: str = "Client.csv") -> Result:
    args = ["pairs", str(folder / clients), "--out", str(folder / "pairs.csv"), *more]
    return CliRunner().invoke(dedupe, args)


def written(folder: Path) -> list[dict[str, str]]:
    with (folder / "pairs.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_likely_pairs_are_written_with_what_each_part_adds(folder: Path) -> None:
    result = run(folder, "--enrollment", str(folder / "Enrollment.csv"))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("1 pair among 4 records")
    assert "1 record takes no part." in result.stderr
    (pair,) = written(folder)
    assert (pair["personal_id_a"], pair["personal_id_b"]) == ("a1", "b2")
    assert float(pair["probability"]) > 0.99
    assert list(pair)[3:] == [
        "first", "middle", "last", "suffix", "ssn", "dob", "sex", "race", "veteran", "household", "project", "others",
        "lookalike",
    ]  # fmt: skip
    assert float(pair["ssn"]) > 10
    assert float(pair["project"]) > 0


def test_machines_get_numbers_alone(folder: Path) -> None:
    result = run(folder, "--json", "--workers", "1", "--engine", "local")
    told = json.loads(result.stdout)
    assert list(told) == ["records", "candidate_pairs", "pairs", "seconds", "peak_mb"]
    assert (told["records"], told["candidate_pairs"], told["pairs"]) == (4, 1, 1)
    assert "1 record takes no part." in result.stderr
    assert list(told["seconds"]) == ["read", "block", "score", "em", "cluster", "total"]


def test_unlikely_pairs_are_left_out(folder: Path) -> None:
    run(folder, "--min-probability", "1")
    assert not written(folder)


def test_nobody_else_may_read_the_file(folder: Path) -> None:
    (folder / "pairs.csv").touch(0o644)
    run(folder)
    assert stat.S_IMODE((folder / "pairs.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        ("PersonalID,FirstName\n", 2, "has no column LastName, DOB, SSN"),
        ("FirstName,LastName,DOB,SSN\n", 2, "has no column PersonalID"),
        (HEAD + '"a1,Dolores\n' + "x" * 1_100_000, 1, "Line 2 has a value of more than a million characters"),
        ("", 2, "has no column"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused(folder: Path, content: str, code: int, sentence: str) -> None:
    (folder / "odd.csv").write_text(content, encoding="utf-8")
    result = run(folder, clients="odd.csv")
    assert result.exit_code == code
    assert sentence in result.stderr


NOTED = "PersonalID,FirstName,LastName,DOB,SSN,Notes\n"
OPEN = "Client.csv can't be read. A quotation mark in line {} is never closed."


def many(count: int, odd: dict[int, str]) -> str:
    """Rows of which those in the lines `odd` are written otherwise."""
    rows = [f"{line},Ann{line},Lee,1990-01-01,,none\n" for line in range(2, count + 2)]
    return NOTED + "".join(odd.get(line, row) for line, row in enumerate(rows, 2))


@pytest.mark.parametrize(
    ("count", "odd", "line"),
    [
        (1_000, {5: '4,"Ann1,Lee,1990-01-01,,none\n'}, 5),  # up to the end of the file
        (3, {4: '4,Ann1,Lee,1990-01-01,,"none'}, 4),  # which is the same line
        (498, {499: '4,"Ann1,Lee,1990-01-01,,none\n'}, 499),
        (499, {500: '4,"Ann1,Lee,1990-01-01,,none'}, 500),
        (500, {501: '4,"Ann1,Lee,1990-01-01,,none'}, 501),  # the last of those that are read at once
        (9, {5: '4,"Ann1,Lee,1990-01-01,,none\n', 6: '5,"Bob,Lee,1990-01-01,,none\n'}, 5),  # up to the same column
        (9, {5: '4,"Ann1,Lee,1990-01-01,,none\n', 8: '7,Bob,"Lee, Jr",1990-01-01,,none\n'}, 5),
        (9, {5: '4,"Ann1,Lee,1990-01-01,,none\n', 8: '7,Bob,Lee,1990-01-01,,"none"\n'}, 5),  # up to another one
        (9, {5: '4,Ann1,Lee,1990-01-01,,"none\n', 8: '"7",Bob,Lee,1990-01-01,,none\n'}, 5),
        (900, {5: '4,Ann1,Lee,1990-01-01,,"none\n', 800: 'none",Bob\n'}, 5),
        (9, {3: '3,Bo,Lee,,,"a\nb"\n', 5: '4,Ann1,Lee,1990-01-01,"\n,none\n'}, 6),
        (9, {5: '4,"Ann\nAnn1",Lee,1990-01-01,,"none\n'}, 6),  # the line of the quote, not of its row
    ],
)
def test_a_quote_that_swallows_rows_is_told_with_its_line(
    folder: Path, count: int, odd: dict[int, str], line: int
) -> None:
    (folder / "Client.csv").write_text(many(count, odd), encoding="utf-8")
    result = run(folder)
    assert (result.exit_code, OPEN.format(line) in result.stderr) == (1, True), result.output
    assert not (folder / "pairs.csv").exists()


def test_a_quote_in_the_head_swallows_nothing_either(folder: Path) -> None:
    odd = many(9, {5: '4,Ann,Lee,1990-01-01,,"a, b"\n'}).replace("Notes", '"Notes')
    (folder / "Client.csv").write_text(odd, encoding="utf-8")
    result = run(folder)
    assert (result.exit_code, OPEN.format(1) in result.stderr) == (1, True), result.output


def test_the_line_of_a_value_without_end_is_that_of_the_file(folder: Path) -> None:
    odd = many(900, {5: '4,Ann,Lee,,,"a\r\nb\rc"\n', 702: f'4,"Ann{"x" * 1_100_000}\n'})
    (folder / "Client.csv").write_text(odd, encoding="utf-8", newline="")
    assert "Line 704 has a value of more than" in run(folder).stderr


def test_stays_with_a_quote_that_swallows_rows_are_told_as_well(folder: Path) -> None:
    (folder / "Enrollment.csv").write_text(STAYS.replace("2,c3", '2,"c3'), encoding="utf-8")
    result = run(folder, "--enrollment", str(folder / "Enrollment.csv"))
    assert (result.exit_code, "Enrollment.csv can't be read. A quotation mark in line 3" in result.stderr) == (1, True)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("note", ["one\n\ntwo, three\n", "a, b, c, d, e, f\ng, h", "\n" * 150, 'the ""one""\n, two'])
def test_a_value_of_several_lines_is_read(folder: Path, note: str, end: str) -> None:
    odd = {line: f'{line},Ann,"Lee\n",1990-01-01,219450817,"{note}"\n' for line in (2, 5, 501, 502, 701)}
    whole = many(700, odd).replace("none", "").replace("\n", end)
    (folder / "Client.csv").write_text(whole.removesuffix(end), encoding="utf-8", newline="")
    read = read_clients(folder / "Client.csv").columns
    assert list(read.ids) == [str(line) for line in range(2, 702)]
    assert [line for line, last in zip(read.ids, read.last, strict=True) if last == f"Lee{end}"] == list(map(str, odd))


def test_a_file_without_projects_and_households_is_no_enrollment_csv(folder: Path) -> None:
    (folder / "Services.csv").write_text("ServicesID,EnrollmentID,PersonalID\n1,1,a1\n", encoding="utf-8")
    result = run(folder, "--enrollment", str(folder / "Services.csv"))
    assert (result.exit_code, (folder / "pairs.csv").exists()) == (2, False)
    assert "Services.csv has no column ProjectID, HouseholdID." in result.stderr


def test_clients_of_victim_services_take_no_part_where_the_files_beside_tell_of_them(folder: Path) -> None:
    """With a stay elsewhere, too, they do; the stays with victim services are no evidence."""
    (folder / "Project.csv").write_text("ProjectID,OrganizationID\np1,o1\np2,o2\n", encoding="utf-8")
    counts = {}
    for flag in ("1", "0", ""):
        told = _told_of(folder, flag)
        counts[flag] = len(written(folder))
        assert ("with victim service providers" in told) == (flag == "1")
    assert counts == {"1": 0, "0": 1, "": 1}
    assert "3 records take no part. All stays are with victim service providers" in _told_of(folder, "1")
    (folder / "Enrollment.csv").write_text(STAYS + "5,a1,p2,h9\n6,b2,p2,h8\n", encoding="utf-8")
    assert "1 record takes no part. All stays are with victim service providers" in _told_of(folder, "1")
    (pair,) = written(folder)
    assert float(pair["project"]) > 0
    (folder / "Organization.csv").write_text("Name\nHaven\n", encoding="utf-8")
    refused = run(folder, "--enrollment", str(folder / "Enrollment.csv"))
    assert (refused.exit_code, "Organization.csv has no column OrganizationID." in refused.stderr) == (2, True)


def _told_of(folder: Path, flag: str) -> str:
    said = f"OrganizationID,VictimServiceProvider\no1,{flag}\no2,0\n"
    (folder / "Organization.csv").write_text(said, encoding="utf-8")
    return run(folder, "--enrollment", str(folder / "Enrollment.csv")).stderr


@pytest.mark.parametrize("said", ["nan", "-0.1", "1.01", "likely"])
def test_a_probability_is_a_number_from_0_to_1(folder: Path, said: str) -> None:
    result = run(folder, f"--min-probability={said}")
    assert (result.exit_code, "--min-probability" in result.stderr) == (2, True)


OLDER = HEAD + ROWS.replace("Dolores", "Zoë").replace("DOLORES", "Zoë")
WITHOUT_SSN = """PersonalID,FirstName,LastName,DOB
a1,Dolores,Whitaker,3/11/1987
b2,Dolores,Whitaker,1987-03-11 00:00:00
"""


@pytest.mark.parametrize(
    ("content", "noted"),
    [
        (OLDER.encode("cp1252"), ""),
        (OLDER.encode("utf-16"), ""),
        ((HEAD + ROWS).replace(",", ";").replace("\n", "\r").encode(), ""),
        ((HEAD.lower() + ROWS.replace(",0,\n", ",0, \n")).encode(), ""),
        (WITHOUT_SSN.encode(), "There is no column SSN: it counts as blank."),
        ((CLIENTS + "a1,Ada,,Byron,,1,,9,,9,0,\n").encode(), "1 row has the PersonalID of a row above, which counts"),
        ((CLIENTS + ",Ada,,Byron,,1,,9,,9,0,\n").encode(), "1 row has no PersonalID and can't be named: left out."),
    ],
)
def test_files_of_other_years_and_makers_are_read(folder: Path, content: bytes, noted: str) -> None:
    (folder / "odd.csv").write_bytes(content)
    result = run(folder, clients="odd.csv")
    assert (result.exit_code, noted in result.stderr) == (0, True), result.output
    assert [(pair["personal_id_a"], pair["personal_id_b"]) for pair in written(folder)] == [("a1", "b2")]


@pytest.mark.parametrize("name", ["Client.csv", "Enrollment.csv"])
def test_what_is_read_is_never_written_over(folder: Path, name: str) -> None:
    before = (folder / name).read_bytes()
    args = [str(folder / "Client.csv"), "--enrollment", str(folder / "Enrollment.csv"), "--out", str(folder / name)]
    result = CliRunner().invoke(dedupe, ["pairs", *args])
    assert (result.exit_code, (folder / name).read_bytes() == before) == (2, True)


UNWRITABLE = "can't be written:"


def run_to(folder: Path, out: str, *more: str) -> Result:
    return CliRunner().invoke(dedupe, ["pairs", str(folder / "Client.csv"), "--out", out, *more])


def test_a_file_that_cannot_be_written_is_told_before_anything_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "Client.csv").write_text("no clients", encoding="utf-8")
    result = run_to(folder, "no/pairs.csv")
    assert (result.exit_code, result.stderr) == (1, f"Error: no/pairs.csv {UNWRITABLE} No such file or directory.\n")
    (folder / "pairs.csv").write_text("mine", encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    assert run_to(folder, "./pairs.csv").stderr == f"Error: ./pairs.csv {UNWRITABLE} Permission denied.\n"
    assert (folder / "pairs.csv").read_text() == "mine"


def test_a_file_that_was_there_stays_until_there_are_pairs(folder: Path) -> None:
    (folder / "before.csv").write_text("before", encoding="utf-8")
    (folder / "pairs.csv").symlink_to("before.csv")
    (folder / "odd.csv").write_text(HEAD + '"a1,Dolores', encoding="utf-8")
    there = sorted(folder.iterdir())
    assert run(folder, clients="odd.csv").exit_code == 1
    assert ((folder / "pairs.csv").read_text(), sorted(folder.iterdir())) == ("before", there)
    assert run(folder).exit_code == 0
    assert (len(written(folder)), (folder / "pairs.csv").is_symlink(), sorted(folder.iterdir())) == (1, True, there)


def test_pairs_go_to_standard_output_and_what_is_told_beside_it(folder: Path) -> None:
    result = run_to(folder, "-")
    (pair,) = csv.DictReader(io.StringIO(result.stdout, newline=""))
    assert (pair["personal_id_a"], pair["personal_id_b"], result.exit_code) == ("a1", "b2", 0)
    assert "1 pair among 4 records" in result.stderr
    assert result.stderr.endswith("They are on standard output.\n")
    assert run_to(folder, "-", "--json").exit_code == 2


def test_a_full_disk_is_told(folder: Path) -> None:
    result = run_to(folder, "/dev/full")
    assert (result.exit_code, f"/dev/full {UNWRITABLE} No space left on device." in result.stderr) == (1, True)
    assert Path("/dev/full").is_char_device()


def test_ids_come_back_as_they_were(folder: Path) -> None:
    (folder / "Client.csv").write_text(CLIENTS.replace("a1", "=1+1").replace("b2", "@b2"), encoding="utf-8")
    run(folder)
    assert [(pair["personal_id_a"], pair["personal_id_b"]) for pair in written(folder)] == [("=1+1", "@b2")]


def test_rows_that_are_too_short_are_read_to_their_end(folder: Path) -> None:
    (folder / "short.csv").write_text(CLIENTS + "f6,Dolores,,Whitaker,,1,219450817\n\n", encoding="utf-8")
    assert json.loads(run(folder, "--json", clients="short.csv").stdout)["pairs"] == 3
