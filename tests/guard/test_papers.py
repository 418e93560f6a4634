"""Looking into files: names, and the words of text, CSV, Word, Excel, PowerPoint and PDF files."""

import zipfile
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from xlsxwriter import Workbook

from adminops.errors import Invalid
from adminops.files.kinds import FileKind
from adminops.guard import papers
from adminops.guard.papers import check_file, look_into, read_text
from adminops.pii import PiiKind, find_pii
from tests.make import make_user

WORDS = "Her SSN is 219-09-9999."
NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def word_file(path: Path, *runs: str, part: str = "document", before: str = "") -> Path:
    body = "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"word/{part}.xml", f"{before}<w:document {NAMESPACE}><w:p>{body}</w:p></w:document>")
    return path


def pdf_file(path: Path, words: str) -> Path:
    drawn = f"BT /F1 12 Tf 72 700 Td ({words}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792] >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    written, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(written)
    written += b"xref\n0 6\n0000000000 65535 f \n" + table
    written += b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    path.write_bytes(written)
    return path


def workbook(path: Path, *rows: tuple[object, ...], constant: bool = False) -> Path:
    """Write a workbook, with its texts in a part of their own or (`constant`) in the cells."""
    with Workbook(str(path), {"constant_memory": constant, "default_date_format": "m/d/yyyy"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


def slides(path: Path, words: str) -> Path:
    drawn = '<p:sld xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="p">'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ppt/slides/slide1.xml", f"{drawn}<a:p><a:r><a:t>{words}</a:t></a:r></a:p></p:sld>")
    return path


def plain_file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_the_words_of_each_kind_are_read(tmp_path: Path) -> None:
    assert read_text(plain_file(tmp_path / "a.txt", WORDS.encode()), FileKind.TEXT) == WORDS
    assert read_text(plain_file(tmp_path / "b.csv", "José,1".encode("cp1252")), FileKind.CSV) == "José,1"
    split = word_file(tmp_path / "c.docx", "Her SSN is 219-", "09-9999.")
    assert read_text(split, FileKind.WORD) == WORDS + "\n"
    for part in ("header1", "footnotes", "comments"):
        assert read_text(word_file(tmp_path / f"{part}.docx", WORDS, part=part), FileKind.WORD) == WORDS + "\n"
    assert WORDS in (read_text(pdf_file(tmp_path / "d.pdf", WORDS), FileKind.PDF) or "")
    assert read_text(slides(tmp_path / "e.pptx", WORDS), FileKind.POWERPOINT) == WORDS + "\n"


@pytest.mark.parametrize("constant", [True, False])
def test_cells_are_read_as_they_are_seen_with_the_heads_that_say_what_they_are(tmp_path: Path, constant: bool) -> None:
    rows = ("First", "Last", "DOB", "SSN", "Beds"), ("Tamsin", "Verrick", date(1985, 5, 17), 219099999, 31184)
    read = read_text(workbook(tmp_path / "a.xlsx", *rows, constant=constant), FileKind.EXCEL) or ""
    assert read.splitlines()[1] == "Tamsin, Verrick, DOB 1985-05-17, SSN 219099999, 31184"
    assert {each.kind for each in find_pii(read)} == {PiiKind.BIRTH_DATE, PiiKind.SSN}


def test_of_a_large_sheet_the_beginning_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "BEGINNING", 20_000)
    rows = (("SSN 219-09-9999",), *((f"cell {number}",) for number in range(2_000)))
    for constant in (True, False):
        path = workbook(tmp_path / "large.xlsx", *rows, constant=constant)
        assert (read_text(path, FileKind.EXCEL) or "").startswith("SSN 219-09-9999\ncell 0\n")


def test_a_file_with_personal_data_is_refused_with_a_sentence_that_does_not_repeat_it(
    session: Session, tmp_path: Path
) -> None:
    person = make_user()
    for path, kind in (
        (plain_file(tmp_path / "a.txt", WORDS.encode()), FileKind.TEXT),
        (word_file(tmp_path / "b.docx", WORDS), FileKind.WORD),
        (pdf_file(tmp_path / "c.pdf", WORDS), FileKind.PDF),
        (workbook(tmp_path / "d.xlsx", (WORDS,)), FileKind.EXCEL),
    ):
        with pytest.raises(Invalid) as refusal:
            check_file(path, path.name, kind, agency_id=person.agency_id, by=person)
        assert refusal.value.sentence == (
            "The file seems to hold a Social Security number. Please take it out and attach it again."
        )
        assert refusal.value.field == "file"


@pytest.mark.parametrize("name", ["SSN 219-09-9999.png", "ssn_219_09_9999.png", "client name: Tamsin Verrick.png"])
def test_a_name_of_a_file_is_looked_at_even_where_its_content_is_not(
    session: Session, tmp_path: Path, name: str
) -> None:
    person, path = make_user(), plain_file(tmp_path / "a.png", b"\x89PNG")
    with pytest.raises(Invalid) as refusal:
        check_file(path, name, FileKind.PNG, agency_id=person.agency_id, by=person)
    assert "name of the file" in refusal.value.sentence
    assert "9999" not in refusal.value.sentence


def test_what_can_not_be_read_is_not_said_to_be_clean(session: Session, tmp_path: Path) -> None:
    person = make_user()
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]>'
    for path, kind in (
        (plain_file(tmp_path / "screen.png", b"\x89PNG"), FileKind.PNG),
        (plain_file(tmp_path / "broken.pdf", b"%PDF-1.4 nothing"), FileKind.PDF),
        (plain_file(tmp_path / "broken.docx", b"PK nothing"), FileKind.WORD),
        (word_file(tmp_path / "bomb.docx", WORDS, before=bomb), FileKind.WORD),
        (plain_file(tmp_path / "broken.xlsx", b"PK nothing"), FileKind.EXCEL),
    ):
        looked = look_into(path, path.name, kind, agency_id=person.agency_id, by=person)
        assert (looked.in_name, looked.in_content, looked.is_read) == ((), (), False)
    clean = plain_file(tmp_path / "clean.txt", b"Client 48213 is in twice.")
    assert check_file(clean, "clean.txt", FileKind.TEXT, agency_id=person.agency_id, by=person).is_read


def test_nothing_is_missed_where_a_long_file_is_cut(session: Session, tmp_path: Path) -> None:
    person = make_user()
    for before in range(9_985, 10_001, 3):
        path = plain_file(tmp_path / "long.txt", b"x " * (before // 2) + b" SSN 219-09-9999 " + b"y " * 20)
        assert look_into(path, "long.txt", FileKind.TEXT, agency_id=person.agency_id, by=person).in_content
