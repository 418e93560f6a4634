"""Bad input: each fault gets a clear line, a wrong row never stops the good ones, a wrong set changes nothing.

What the database has no part in: run on SQLite alone.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from adminops.db import db, transaction
from adminops.hmis import sources
from adminops.hmis.intake import ImportResult, import_export
from adminops.hmis.models import (
    Client,
    Enrollment,
    HmisImport,
    HmisSource,
    ImportProblem,
    ImportStatus,
    Project,
)
from tests.hmis.conftest import on_sqlite, row, the_problem, two_clients
from tests.hmis.exports import SmallExport

Take = Callable[..., ImportResult]
pytestmark = on_sqlite


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def without_line(text: str, number: int, replacement: str) -> bytes:
    lines = text.split("\r\n")
    lines[number - 1] = replacement
    return "\r\n".join(lines).encode()


# --- sets that are refused whole ---


def test_a_folder_that_is_no_export_is_refused(source: HmisSource, tmp_path: Path):
    (tmp_path / "letter.txt").write_text("Dear all")
    result = import_export(tmp_path, source=source, by_id=None)
    assert result.status == "refused"
    assert the_problem(result, "no-export-file").text == result.sentence
    assert count(Client) == count(Project) == 0


def test_a_path_that_does_not_exist_is_refused(source: HmisSource, tmp_path: Path):
    assert the_problem(import_export(tmp_path / "no.zip", source=source, by_id=None), "not-found")


def test_a_file_that_is_no_zip_is_refused(source: HmisSource, tmp_path: Path):
    (tmp_path / "export.zip").write_text("PersonalID,FirstName")
    assert the_problem(import_export(tmp_path / "export.zip", source=source, by_id=None), "not-a-zip")


def test_a_cut_off_zip_is_refused(source: HmisSource, tmp_path: Path):
    whole = two_clients().zip(tmp_path / "export.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    assert import_export(tmp_path / "cut.zip", source=source, by_id=None).status == "refused"


def test_a_damaged_file_inside_a_zip_is_refused(source: HmisSource, tmp_path: Path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in two_clients().files().items():
            archive.writestr(name, content)
    path.write_bytes(path.read_bytes().replace(b"Lopez", b"Lopes"))
    result = import_export(path, source=source, by_id=None)
    assert the_problem(result, "broken-file").file == "Client.csv"
    assert count(Client) == 0


@pytest.mark.parametrize("name", ["../Client.csv", "a/../../Client.csv", "/etc/passwd", "C:\\Client.csv", "..\\x.csv"])
def test_a_zip_with_a_path_that_leads_out_is_refused(source: HmisSource, tmp_path: Path, name: str):
    path = two_clients().zip(tmp_path / "export.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "x")
    assert the_problem(import_export(path, source=source, by_id=None), "unsafe-path")
    assert count(Client) == 0


def test_a_zip_with_a_symbolic_link_is_refused(source: HmisSource, tmp_path: Path):
    path = two_clients().zip(tmp_path / "export.zip")
    link = zipfile.ZipInfo("Event2.csv")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert the_problem(import_export(path, source=source, by_id=None), "unsafe-path")


def test_a_folder_with_a_symbolic_link_is_refused(source: HmisSource, tmp_path: Path):
    folder = two_clients().folder(tmp_path / "export")
    (tmp_path / "outside.csv").write_text("PersonalID")
    (folder / "Client.csv").unlink()
    (folder / "Client.csv").symlink_to(tmp_path / "outside.csv")
    assert the_problem(import_export(folder, source=source, by_id=None), "unsafe-path")


def test_a_zip_bomb_is_refused_without_being_opened(source: HmisSource, tmp_path: Path):
    path = two_clients().zip(tmp_path / "export.zip")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Zeros.csv", b"\0" * 60_000_000)
    assert the_problem(import_export(path, source=source, by_id=None), "zip-bomb")
    assert count(Client) == 0


def test_a_zip_that_unpacks_to_more_than_the_limit_is_refused(source: HmisSource, tmp_path: Path):
    path = two_clients().zip(tmp_path / "export.zip")
    result = import_export(path, source=source, by_id=None, unpacked_limit=1000)
    assert the_problem(result, "too-large")


def test_a_zip_with_thousands_of_entries_is_refused(source: HmisSource, tmp_path: Path):
    path = two_clients().zip(tmp_path / "export.zip")
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(2_100):
            archive.writestr(f"x{number}", "")
    assert the_problem(import_export(path, source=source, by_id=None), "too-many-entries")


@pytest.mark.parametrize("name", ["Export", "Organization", "Project"])
def test_a_set_without_a_required_file_is_refused(take: Take, name: str):
    export = two_clients()
    export.without.add(f"{name}.csv")
    result = take(export)
    assert result.status == "refused"
    assert f"{name}.csv" in result.sentence
    assert count(Client) == 0


def test_two_exports_in_one_zip_are_refused(source: HmisSource, tmp_path: Path):
    path = two_clients().zip(tmp_path / "export.zip", inside="a/")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b/Export.csv", two_clients().csv("Export"))
    assert the_problem(import_export(path, source=source, by_id=None), "several-exports")


def test_an_export_file_without_a_row_is_refused(take: Take):
    export = two_clients()
    export.rows["Export"] = []
    assert the_problem(take(export), "export-rows").file == "Export.csv"
    assert count(Project) == 0


def test_an_export_file_with_a_row_that_can_not_be_read_is_refused(take: Take):
    export = two_clients()
    export.raw["Export.csv"] = export.csv("Export").encode() + b"E2,1\r\n"
    result = take(export)
    assert the_problem(result, "export-rows").file == "Export.csv"
    assert result.sentence.startswith("Export.csv, line 3: The line has too few fields: 2 instead of 19.")
    assert count(Project) == 0


@pytest.mark.parametrize("name", ["Export", "Client"])
@pytest.mark.parametrize(
    ("tail", "rules"),
    [
        ("\r\n \t\r\n,,,\r\nCOMMAS\r\n\x1a", {"empty-lines": 4}),
        ("\ufeffHEADER\r\n \r\nHEADER", {"empty-lines": 1, "repeated-header": 2}),
    ],
)
def test_lines_that_are_no_rows_are_passed_over_and_named(take: Take, name: str, tail: str, rules: dict[str, int]):
    export = two_clients()
    text = export.csv(name)
    header, width = text.split("\r\n")[0], text.split("\r\n")[0].count(",")
    junk = tail.replace("HEADER", header.upper()).replace("COMMAS", "," * width)
    export.raw[f"{name}.csv"] = (text + junk).encode()
    result = take(export)
    assert result.status == "applied"
    counts = result.files[f"{name}.csv"]
    assert (counts.read, counts.added, counts.rejected) == (len(export.rows[name]), len(export.rows[name]), 0)
    found = [each for each in result.problems if each.rule in ("empty-lines", "repeated-header")]
    assert {each.rule: int(each.text.split()[0]) for each in found} == rules
    assert result.problems.by_severity["error"] == 0
    assert "absence-ignored" not in result.problems.by_rule


def test_the_mark_behind_the_last_value_of_a_file_is_no_part_of_it(take: Take):
    export = two_clients()
    export.raw["Client.csv"] = export.csv("Client").encode().rstrip() + b"\x1a"
    result = take(export)
    assert result.files["Client.csv"].added == 2
    assert the_problem(result, "empty-lines").file == "Client.csv"


@pytest.mark.parametrize(("start", "end"), [("", "2024-03-31"), ("2024-01-01", "never"), ("2024-04-01", "2024-03-31")])
def test_an_export_without_a_period_is_refused(take: Take, start: str, end: str):
    result = take(two_clients().change("Export", ExportStartDate=start, ExportEndDate=end))
    assert the_problem(result, "no-period")


def test_an_export_of_an_unknown_year_is_refused(take: Take):
    export = two_clients().change("Export", CSVVersion="2020")
    export.raw["Client.csv"] = b"PersonalID,Gender\r\nC1,1\r\n"
    result = take(export)
    assert the_problem(result, "unknown-version")
    assert "FY2020" in result.sentence


def test_an_export_of_another_source_is_refused_once_the_source_is_known(take: Take, source: HmisSource):
    assert take(two_clients()).status == "applied"
    result = take(two_clients().change("Export", SourceID="FL-600").add_client("C3"))
    assert the_problem(result, "wrong-source")
    assert count(Client) == 2
    assert source.known_ids == ["FL-510"]


def test_hashed_names_are_refused_where_names_are_needed_and_the_reverse(take: Take, source: HmisSource):
    hashed = SmallExport().add_client(FirstName="a" * 64, LastName="b" * 64, SSN="4817" + "c" * 64)
    assert take(two_clients()).status == "applied"
    assert the_problem(take(hashed, approve=True), "hashed-names").file == "Client.csv"
    source.names_hashed = True
    assert take(hashed).status == "applied"
    assert the_problem(take(two_clients()), "plain-names").file == "Client.csv"
    assert count(Client) == 2


def test_a_refused_import_is_in_the_log_with_its_reason(take: Take, source: HmisSource):
    export = two_clients()
    export.without.add("Project.csv")
    result = take(export, by_id=7)
    logged = db.session.scalars(select(HmisImport)).one()
    assert logged.status is ImportStatus.REFUSED
    assert (logged.id, logged.by_id, logged.sentence) == (result.import_id, 7, result.sentence)
    assert [problem.rule for problem in db.session.scalars(select(ImportProblem))] == ["missing-file"]
    assert source.newest_export is None


# --- files that are refused while the others go on ---


def test_a_missing_column_refuses_that_file_with_one_error_and_the_others_go_on(take: Take):
    export = two_clients().add_stay()
    export.raw["Client.csv"] = export.csv("Client", without=["DOB"]).encode()
    result = take(export)
    assert result.status == "applied"
    assert the_problem(result, "missing-column").text == "Client.csv lacks the column DOB; the file was not read."
    assert (count(Client), count(Enrollment)) == (0, 1)
    assert ("Client.csv" not in result.files, result.not_read) == (True, ["Client.csv"])
    assert result.sentence.startswith("Not read: Client.csv")


def test_a_missing_column_of_a_required_file_refuses_the_set(take: Take):
    export = two_clients()
    export.raw["Project.csv"] = export.csv("Project", without=["ProjectType"]).encode()
    assert the_problem(take(export), "missing-column").file == "Project.csv"
    assert count(Client) == 0


def test_a_column_named_twice_refuses_that_file(take: Take):
    export = two_clients()
    export.raw["Client.csv"] = export.csv("Client").replace("LastName", "FirstName", 1).encode()
    assert "twice" in the_problem(take(export), "missing-column").text


@pytest.mark.parametrize("content", [b"", b"\r\n\r\n", b"PersonalID;FirstName\r\n1;Ana\r\n"])
def test_a_file_without_a_header_is_refused_and_the_others_go_on(take: Take, content: bytes):
    export = two_clients().add_stay()
    export.raw["Client.csv"] = content
    assert "header" in the_problem(take(export), "missing-column").text
    assert count(Enrollment) == 1


def test_unknown_columns_and_files_are_noted_and_passed_over(take: Take):
    export = two_clients()
    text = export.csv("Client").replace("PersonalID,", "Nickname,PersonalID,", 1)
    head, *lines = text.splitlines()
    export.raw["Client.csv"] = "\r\n".join([head, *(f"Mia,{line}" for line in lines)]).encode()
    export.raw["Custom.csv"] = b"a,b\r\n"
    result = take(export)
    assert the_problem(result, "unknown-column").column == "Nickname"
    assert the_problem(result, "unknown-file").file == "Custom.csv"
    assert result.files["Client.csv"].added == 2


def test_missing_files_are_noted(take: Take):
    export = two_clients()
    export.without |= {"Event.csv"}
    assert the_problem(take(export), "missing-file").file == "Event.csv"


def test_headers_are_read_in_any_case_and_order_with_quotes_and_blanks(take: Take):
    export = two_clients()
    lines = [line.split(",") for line in export.csv("Client").split("\r\n") if line]
    turned = [list(reversed(line)) for line in lines]
    turned[0] = [f' "{name.upper()}" ' if number % 2 else name.lower() for number, name in enumerate(turned[0])]
    export.raw["Client.csv"] = "\r\n".join(",".join(line) for line in turned).encode("utf-8-sig")
    assert take(export).files["Client.csv"].added == 2
    assert row("Client", "C2").first_name == "Ana"


# --- lines ---


@pytest.mark.parametrize(("rule", "line"), [("too-few-fields", "C1,Maria,Lopez"), ("too-many-fields", "C1" + "," * 50)])
def test_a_line_with_too_few_or_too_many_fields_is_left_out_and_named(take: Take, rule: str, line: str):
    export = two_clients()
    export.raw["Client.csv"] = without_line(export.csv("Client"), 2, line)
    result = take(export)
    problem = the_problem(result, rule)
    assert (problem.file, problem.line, problem.severity) == ("Client.csv", 2, "error")
    assert "Lopez" not in str(problem.as_dict())
    counts = result.files["Client.csv"]
    assert (counts.read, counts.added, counts.rejected) == (2, 1, 1)


def test_a_line_with_a_quote_that_never_closes_costs_that_line_only(take: Take):
    export = SmallExport()
    for number in range(300):
        export.add_client(f"C{number}")
    text = export.csv("Client").split("\r\n")
    text[5] = text[5].replace("Maria", '"Maria', 1)
    export.raw["Client.csv"] = "\r\n".join(text).encode()
    counts = take(export).files["Client.csv"]
    assert (counts.read, counts.added, counts.rejected) == (300, 299, 1)


def test_a_value_that_is_too_long_for_any_column_costs_its_line_and_is_not_taken_for_a_broken_quote(take: Take):
    result = take(two_clients().change("Client", 0, FirstName="x" * 140_000, LastName='y"y,' * 10))
    assert the_problem(result, "field-too-long").line == 2
    assert result.files["Client.csv"].added == 1


def test_a_stray_quote_inside_a_value_is_tolerated(take: Take):
    export = two_clients()
    export.raw["Client.csv"] = export.csv("Client").replace("Lopez", 'Lo"pez').encode()
    assert take(export).files["Client.csv"].added == 2
    assert row("Client", "C1").last_name == 'Lo"pez'


def test_a_line_break_in_prose_belongs_to_the_value(take: Take):
    export = two_clients().change("Client", 0, AdditionalRaceEthnicity="first\nsecond")
    assert take(export).files["Client.csv"].added == 2
    assert row("Client", "C1").additional_race_ethnicity == "first\nsecond"


def test_a_blank_key_rejects_the_line(take: Take):
    result = take(two_clients().change("Client", 0, PersonalID=""))
    assert the_problem(result, "blank-key").line == 2
    assert result.files["Client.csv"].added == 1


def test_a_key_that_is_too_long_rejects_the_line(take: Take):
    assert the_problem(take(two_clients().change("Client", 0, PersonalID="9" * 40)), "key-too-long").line == 2


def test_of_a_duplicate_key_the_first_line_is_kept(take: Take):
    export = two_clients().add_client("C1", FirstName="Other").add_client("C1", FirstName="Another")
    result = take(export)
    found = [problem.line for problem in result.problems if problem.rule == "duplicate-key"]
    assert found == [4, 5]
    assert result.files["Client.csv"].rejected == 2
    assert row("Client", "C1").first_name == "Maria"


def test_a_line_of_another_export_refuses_the_whole(take: Take):
    result = take(two_clients().change("Client", 1, ExportID="E9"))
    assert result.status == "refused"
    assert the_problem(result, "foreign-export").file == "Client.csv"


def test_blank_lines_are_passed_over(take: Take):
    export = two_clients()
    export.raw["Client.csv"] = export.csv("Client").replace("\r\n", "\r\n\r\n").encode()
    counts = take(export).files["Client.csv"]
    assert (counts.read, counts.added) == (2, 2)


# --- encodings and line ends ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"])
@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_names_survive_every_encoding_and_line_end(app, tmp_path: Path, encoding: str, line_end: str):
    export = SmallExport().add_client(FirstName="José", LastName="Muñoz-O’Brien")
    for name in ("Client", "Export", "Project"):
        export.raw[f"{name}.csv"] = export.csv(name).replace("\r\n", line_end).encode(encoding)
    path = export.zip(tmp_path / "export.zip")
    with app.app_context(), transaction():
        result = import_export(path, source=sources.add_source("X"), by_id=None)
        client = row("Client", "C1")
        assert (client.first_name, client.last_name) == ("José", "Muñoz-O’Brien")
        noted = {problem.file for problem in result.problems if problem.rule == "encoding"}
        assert noted >= (set() if encoding.startswith("utf-8") else {"Client.csv"})
        assert not (encoding.startswith("utf-8") and noted)


def test_a_windows_file_with_some_utf8_names_reads_both(take: Take):
    export = SmallExport().add_client(FirstName="José").add_client("C2", FirstName="Zoë")
    text = export.csv("Client").encode("utf-8").replace("Zoë".encode(), "Zoë".encode("cp1252"))
    export.raw["Client.csv"] = text
    take(export)
    assert (row("Client", "C1").first_name, row("Client", "C2").first_name) == ("José", "Zoë")


def test_zero_bytes_are_left_out_and_counted(take: Take):
    export = two_clients()
    export.raw["Client.csv"] = export.csv("Client").replace("Lopez", "Lo\0\0pez").encode()
    export.raw["User.csv"] = export.csv("User").encode("utf-16")
    export.raw["Funder.csv"] = export.csv("Funder").encode() + b"\0" * 5000
    padded, zeros = [problem for problem in take(export).problems if problem.rule == "zero-bytes"]
    assert row("Client", "C1").last_name == "Lopez"
    assert (zeros.file, zeros.severity, zeros.text[:7]) == ("Client.csv", "warning", "2 bytes")
    assert (padded.file, padded.text[:11]) == ("Funder.csv", "5,000 bytes")


@pytest.mark.parametrize("inside", ["HMIS export/", "a/b/c/", "HMIS export\\", "Exports\\2024\\"])
def test_the_files_may_lie_in_a_folder_of_the_zip(source: HmisSource, tmp_path: Path, inside: str):
    path = two_clients().zip(tmp_path / "export.zip", inside=inside)
    assert import_export(path, source=source, by_id=None).files["Client.csv"].added == 2


def test_a_folder_in_a_folder_is_an_export(source: HmisSource, tmp_path: Path):
    (tmp_path / "outer").mkdir()
    two_clients().folder(tmp_path / "outer" / "inner")
    assert import_export(tmp_path / "outer", source=source, by_id=None).files["Client.csv"].added == 2


def test_what_a_mac_puts_beside_the_files_is_passed_over(source: HmisSource, tmp_path: Path):
    path = two_clients().zip(tmp_path / "export.zip", inside="export/")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/export/._Client.csv", b"\x00\x05")
        archive.writestr("export/.DS_Store", b"\x00")
    result = import_export(path, source=source, by_id=None)
    assert (result.status, result.problems.by_rule["unknown-file"]) == ("applied", 0)


def test_line_ends_may_be_mixed_and_lines_keep_their_numbers(take: Take):
    export = SmallExport()
    for number in range(6):
        export.add_client(f"C{number}")
    head, *lines = export.csv("Client").split("\r\n")[:-1]
    lines[3] = lines[3].replace("Maria", "Maria,Maria", 1)
    ends = ["\r", "\n", "\r\n", "\n", "\r", "\r\n"]
    text = head + "\r\n" + "".join(line + end for line, end in zip(lines, ends, strict=True))
    export.raw["Client.csv"] = text.encode()
    result = take(export)
    assert the_problem(result, "too-many-fields").line == 5
    assert result.files["Client.csv"].added == 5


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_quoted_headers_in_any_case_are_read_behind_a_mark(take: Take, codec: str):
    export = two_clients()
    head, rest = export.csv("Client").split("\r\n", 1)
    quoted = ",".join(f'" {name.upper()} "' for name in head.split(","))
    mark = "\ufeff" if codec in ("utf-16-le", "utf-16-be") else ""
    export.raw["Client.csv"] = f"{mark}{quoted}\r\n{rest}".encode(codec)
    assert take(export).files["Client.csv"].added == 2
    assert row("Client", "C2").first_name == "Ana"


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-le"])
def test_a_file_that_was_cut_in_the_middle_of_a_letter_loses_its_last_line_only(take: Take, codec: str):
    export = two_clients()
    text = export.csv("Client").removesuffix("\r\n").encode(codec)
    export.raw["Client.csv"] = text[:-41]
    counts = take(export).files["Client.csv"]
    assert (counts.read, counts.added, counts.rejected) == (2, 1, 1)


def test_each_rejected_line_is_shown_with_the_shape_of_what_stood_there(take: Take):
    export = two_clients().add_client("C1", FirstName="Zora").add_client("", FirstName="Zora")
    result = take(export)
    duplicate, blank = the_problem(result, "duplicate-key"), the_problem(result, "blank-key")
    assert (duplicate.line, blank.line) == (4, 5)
    assert blank.value_masked is not None
    assert ",xxxx," in blank.value_masked
    assert "Zora" not in str([problem.as_dict() for problem in result.problems])


def test_a_line_without_end_is_not_read_into_memory(take: Take):
    export = two_clients()
    export.raw["Services.csv"] = export.csv("Services").encode() + b"x" * 3_000_000
    result = take(export)
    assert (result.status, the_problem(result, "endless-line").line) == ("refused", 2)
    assert result.sentence.startswith("Services.csv, line 2: It has more than a million characters")


def test_a_file_that_is_mostly_broken_refuses_the_set(take: Take):
    export = two_clients()
    export.raw["Services.csv"] = export.csv("Services").encode() + b"0\n" * 100_000
    result = take(export)
    assert (result.status, result.problems.by_rule["mostly-broken"], count(Client)) == ("refused", 1, 0)
    assert len(result.problems) < 50_000, "it is given up before its end"
