"""Uploads: what is taken, what is refused and why, where it lies, and how it is handed out."""

import hashlib
import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from adminops import clock
from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.errors import Invalid, NotFound
from adminops.files import (
    ATTACHMENTS,
    EXPORTS,
    FileKind,
    StoredFile,
    keep_upload,
    path_of,
    remove_file,
    send_file_safely,
    sweep_files,
)
from adminops.files.sniffing import LONGEST_NAME, clean_name, recognise
from adminops.files.storage import INCOMING, folder
from adminops.identity.models import SYSTEM, User
from adminops.refs import Ref
from tests.files import samples
from tests.make import make_user

MB = 1 << 20
ALL = frozenset(FileKind)


class Stream(io.BytesIO):
    """A stream that notes the largest piece that was asked for."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and remember how much."""
        self.largest = max(self.largest, MB * 1000 if size is None or size < 0 else size)
        return super().read(size)


def _keep(content: bytes, name: str = "note.txt", *, allowed: frozenset[FileKind] = ALL, limit: int = MB) -> StoredFile:
    return keep_upload(io.BytesIO(content), name, allowed=allowed, limit=limit, by=SYSTEM)


def _refused(content: bytes, name: str, **over: object) -> str:
    with pytest.raises(Invalid) as refusal:
        _keep(content, name, **over)  # type: ignore[arg-type]
    assert refusal.value.field == "file"
    return refusal.value.sentence


def _left() -> list[Path]:
    return [path for path in folder().rglob("*") if path.is_file()]


def _empty() -> None:
    for path in _left():
        path.unlink()


GOOD = [
    (samples.PDF, "Consent form.PDF", FileKind.PDF),
    (samples.PNG, "screen.png", FileKind.PNG),
    (samples.JPEG, "photo.jpg", FileKind.JPEG),
    (samples.JPEG, "photo.jpeg", FileKind.JPEG),
    (samples.GIF, "a.gif", FileKind.GIF),
    (samples.WEBP, "a.webp", FileKind.WEBP),
    (samples.zipped(Export_dot_csv=b"a,b\n"), "export.zip", FileKind.ZIP),
    (samples.office("word/document.xml"), "letter.docx", FileKind.WORD),
    (samples.office("xl/workbook.xml"), "sheet.xlsx", FileKind.EXCEL),
    (samples.office("ppt/presentation.xml"), "slides.pptx", FileKind.POWERPOINT),
    ("a,ä\r\n1,2\r\n".encode(), "list.csv", FileKind.CSV),
    ("\ufeffa,b\n".encode(), "with mark.csv", FileKind.CSV),
    ("Zoë – d’accord\n".encode("cp1252"), "note.txt", FileKind.TEXT),
    (b"a" * 500_000, "long.txt", FileKind.TEXT),
]


@pytest.mark.parametrize(("content", "name", "kind"), GOOD, ids=[name for _, name, _ in GOOD])
def test_a_file_of_each_kind_is_recognised_by_its_content(
    content: bytes, name: str, kind: FileKind, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert recognise(path, Path(name).suffix.lower(), unpacked_limit=MB) is kind


def test_a_kept_file_lies_under_a_random_name_for_the_app_alone(session: Session) -> None:
    _empty()
    owner = make_user()
    place = Ref.to("ticket", 12)
    stored = keep_upload(
        io.BytesIO(samples.PDF), "../../etc/cron.d/Consent form.pdf", allowed=ALL, limit=MB, by=owner, place=place
    )
    session.expire(stored)
    assert (stored.original_name, stored.kind, stored.size) == ("Consent form.pdf", FileKind.PDF, len(samples.PDF))
    assert stored.sha256 == hashlib.sha256(samples.PDF).digest()
    assert (stored.owner_id, stored.place) == (owner.id, place)
    path = path_of(stored)
    assert _left() == [path]
    assert path.read_bytes() == samples.PDF
    assert path.name == stored.name
    assert "onsent" not in str(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_large_file_is_read_in_pieces(session: Session) -> None:
    stream = Stream(b"a" * (5 * MB))
    assert keep_upload(stream, "a.txt", allowed=ALL, limit=6 * MB, by=SYSTEM).size == 5 * MB
    assert stream.largest <= MB


def test_a_file_over_the_limit_is_refused_before_it_is_read_to_its_end(session: Session) -> None:
    _empty()
    stream = Stream(b"a" * (5 * MB))
    with pytest.raises(Invalid, match="larger than 2 MB"):
        keep_upload(stream, "a.txt", allowed=ALL, limit=2 * MB, by=SYSTEM)
    assert stream.tell() <= 3 * MB
    assert _left() == []


HOSTILE = {
    "nothing in it": (b"", "empty.txt", "empty"),
    "a program that says it is a picture": (samples.PROGRAM, "photo.jpg", "not recognised"),
    "a page that says it is a picture": (samples.HTML, "photo.png", "its content is text"),
    "a picture that says it is a document": (samples.PNG, "letter.pdf", "its content is PNG"),
    "a page": (samples.HTML, "page.html", "can't be taken here"),
    "a drawing with a script": (b"<svg onload='x'/>", "logo.svg", "can't be taken here"),
    "a program": (samples.PROGRAM, "setup.exe", "can't be taken here"),
    "two endings": (samples.PDF, "letter.pdf.exe", "can't be taken here"),
    "no ending": (samples.PDF, "letter", "can't be taken here"),
    "an ending hidden by a direction mark": (samples.PROGRAM, "let\u202efdp.exe", "can't be taken here"),
    "a NUL in the name": (samples.PROGRAM, "setup.exe\x00.pdf", "not recognised"),
    "a picture cut off in its head": (b"\x89PNG\r\n\x1a\nxxxx", "a.png", "damaged"),
    "text with control characters": (b"\x1b]0;owned\x07 hello", "a.txt", "not recognised"),
    "text in UTF-16": ("a,b".encode("utf-16"), "a.csv", "not recognised"),
    "no zip": (b"PK\x03\x04 but no more", "a.zip", "damaged"),
    "a zip cut short": (samples.zipped(a=os.urandom(5000))[:3000], "a.zip", "damaged"),
    "a bomb": (samples.bomb, "a.zip", "beyond all measure"),
    "a bomb in a document": (
        lambda: samples.office("word/document.xml", word__media__a=bytes(64 << 20)),
        "a.docx",
        "beyond all measure",
    ),
    "a bomb of one part named many times": (samples.overlapping_bomb, "a.zip", "beyond all measure"),
    "a crowd of files": (lambda: samples.crowded_zip(10_001), "a.zip", "more files than"),
    "a table of contents without end": (samples.zip_that_claims_long_contents, "a.zip", "more files than"),
    "a path upwards": (samples.zip_of({"../../evil.csv": b"x"}), "a.zip", "leads out of it"),
    "a path upwards with backslashes": (samples.zip_of({"..\\evil.csv": b"x"}), "a.zip", "leads out of it"),
    "an absolute path": (samples.zip_of({"/etc/passwd": b"x"}), "a.zip", "leads out of it"),
    "a drive": (samples.zip_of({"C:evil.csv": b"x"}), "a.zip", "leads out of it"),
    "a symbolic link": (samples.zip_with_link(), "a.zip", "symbolic link"),
    "a password": (samples.encrypted_zip(), "a.zip", "encrypted"),
    "macros": (samples.office("word/document.xml", **{"word__vbaProject.bin": b"x"}), "a.docx", "holds macros"),
    "macros under another name": (
        samples.office("xl/workbook.xml", types=samples.TYPES.replace(b"document.main", b"sheet.macroEnabled.main")),
        "a.xlsx",
        "holds macros",
    ),
    "a template from elsewhere": (
        samples.office(
            "word/document.xml",
            **{"word___rels__settings.xml.rels": b'<R Type="attachedTemplate" TargetMode="External"/>'},
        ),
        "a.docx",
        "from elsewhere",
    ),
    "a document that is only a zip": (samples.zipped(a=b"x"), "a.docx", "its content is zip"),
    "a sheet that says it is a letter": (samples.office("xl/workbook.xml"), "a.docx", "its content is Excel"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_with_a_reason_and_leaves_nothing(what: str, sqlite_app: AdminOps) -> None:
    made, name, says = HOSTILE[what]
    content = made() if callable(made) else made  # large ones are made where they are wanted
    with sqlite_app.app_context(), transaction():
        _empty()
        assert says in _refused(content, name, limit=100 * MB)
        assert _left() == []
        assert db.session.query(StoredFile).count() == 0


def test_only_the_kinds_that_a_page_allows_are_taken(session: Session) -> None:
    assert _refused(samples.PDF, "a.pdf", allowed=EXPORTS) == "That kind of file can't be taken here: choose zip."
    assert "PDF, PNG, JPEG, GIF, WebP, Word (docx)" in _refused(samples.zipped(a=b"x"), "a.zip", allowed=ATTACHMENTS)


def test_a_zip_may_be_made_by_an_ordinary_program_and_be_large(session: Session) -> None:
    """A zip in the long format, as programs write it that do not know the size beforehand."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.csv", "w", force_zip64=True) as part,
    ):
        part.write(b"1,2,3\n" * 1000)
    assert _keep(packed.getvalue(), "export.zip", allowed=EXPORTS).kind is FileKind.ZIP


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("C:\\Users\\ben\\report.pdf", "report.pdf"),
        ("/home/../report.pdf", "report.pdf"),
        ("..", "file"),
        (".htaccess", "htaccess"),
        ("", "file"),
        (None, "file"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"),
        ('<img src="x">.png', "_img src=_x__.png"),
        ("let\u202efdp.exe", "letfdp.exe"),
        ("Zoe\u0308.txt", "Zoë.txt"),
        ("a\x00b.txt", "ab.txt"),
        ("x" * 400 + ".pdf", "x" * (LONGEST_NAME - 4) + ".pdf"),
    ],
)
def test_names_are_cleaned(given: str | None, shown: str) -> None:
    assert clean_name(given) == shown


def test_an_undone_upload_is_swept_after_a_day(app: AdminOps) -> None:
    with app.app_context():
        with transaction():
            _empty()
            kept = _keep(b"kept")
            os.utime(path_of(kept), (0, 0))
        try:
            with transaction():
                lost = _keep(b"lost")
                raise ValueError
        except ValueError:
            pass
        (folder() / INCOMING / "dead.part").write_bytes(b"half")
        with transaction(writes=False):
            assert sweep_files() == 0
        with transaction(writes=False), clock.frozen_at(clock.now() + timedelta(days=2)):
            assert sweep_files() == 2
            assert sweep_files() == 0
        assert _left() == [path_of(kept)]
        assert lost.name != kept.name


def test_a_removed_file_is_gone_once_that_is_stored_and_not_before(app: AdminOps) -> None:
    with app.app_context():
        with transaction():
            stored = _keep(b"text")
            path = path_of(stored)
        try:
            with transaction():
                remove_file(stored, by=SYSTEM)
                raise ValueError
        except ValueError:
            pass
        assert path.exists()
        with transaction() as session:
            remove_file(session.get_one(StoredFile, stored.id), by=SYSTEM)
            assert path.exists()
        assert not path.exists()
        with transaction(writes=False) as session:
            assert session.get(StoredFile, stored.id) is None


def test_a_download_is_never_run_by_a_browser(sqlite_app: AdminOps) -> None:
    with sqlite_app.test_request_context(), transaction():
        stored = _keep(samples.HTML, 'Ben\'s "note" – März.txt')
        answer = send_file_safely(stored)
        answer.direct_passthrough = False
        assert answer.get_data() == samples.HTML
    headers = answer.headers
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["Content-Disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''" in headers["Content-Disposition"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cache-Control"] == "private, no-store"
    answer.close()


def test_a_file_that_went_missing_is_a_sentence(sqlite_app: AdminOps) -> None:
    with sqlite_app.test_request_context(), transaction():
        stored = _keep(b"text")
        path_of(stored).unlink()
        with pytest.raises(NotFound, match="no longer there"):
            send_file_safely(stored)


def test_the_owner_of_a_file_of_adminops_is_nobody(session: Session) -> None:
    assert _keep(b"text").owner_id is None
    assert User is not None


def test_a_full_disk_is_a_sentence(sqlite_app: AdminOps) -> None:
    from adminops.errors import Unavailable

    class Full(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(28, "No space left on device")

    with sqlite_app.app_context(), transaction():
        _empty()
        with pytest.raises(Unavailable, match="could not be stored"):
            keep_upload(Full(), "a.txt", allowed=ALL, limit=MB, by=SYSTEM)
        assert _left() == []
