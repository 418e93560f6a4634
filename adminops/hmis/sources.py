"""The sources of client records: one row for each HMIS implementation whose exports we take."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import chain, count
from zoneinfo import available_timezones

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, NotFound
from adminops.hmis.intake.brakes import Brakes
from adminops.hmis.models import HmisSource
from adminops.hmis.spec import coc_codes

LONGEST_NAME = 200


def add_source(
    name: str, *, vendor: str = "", time_zone: str = "America/New_York", names_hashed: bool = False
) -> HmisSource:
    """Add a source called `name`. Raises `Invalid` for a wrong name and `Conflict` for one that is taken."""
    name = _checked(name)
    source = find_source(name)
    if source is not None and source.is_known:
        raise Conflict(f"There is a source called {name} already.", field="name")
    source = source or HmisSource(name=name, created_at=clock.now())
    source.vendor, source.time_zone, source.names_hashed, source.is_known = vendor, time_zone, names_hashed, True
    db.session.add(source)
    db.session.flush()
    return source


def _checked(name: str) -> str:
    """Return the name of a source without blanks around it. Raises `Invalid` for one that can't be."""
    name = name.strip()
    if not name:
        raise Invalid("A source needs a name.", field="name")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(f"A source's name has at most {LONGEST_NAME} characters, all of them printable.", field="name")
    return name


def name_source(name: str) -> HmisSource:
    """Return the source called `name`; a new one is not known before one of its exports was taken. Raises `Invalid`."""
    if (found := find_source(name)) is not None:
        return found
    source = add_source(name)
    source.is_known = False
    db.session.flush()
    return source


def change_source(
    source: HmisSource,
    *,
    name: str,
    vendor: str = "",
    known_ids: Sequence[str] = (),
    cocs: Sequence[str] = (),
    time_zone: str = "America/New_York",
    names_hashed: bool = False,
    brakes: Brakes | None = None,
    is_watched: bool = False,
) -> None:
    """Give a source these particulars. A source that is watched gets a drop folder, whose name stays for ever.

    Raises `Invalid` for a wrong name, an unknown Continuum of Care or zone, and `Conflict` for a name that is taken.
    """
    name = _checked(name)
    namesake = find_source(name)
    if namesake is not None and namesake.id != source.id:
        raise Conflict(f"There is a source called {name} already.", field="name")
    if unknown := [code for code in cocs if code not in coc_codes()]:
        raise Invalid(f"{unknown[0]} is no Continuum of Care of HUD's list, such as FL-510.", field="cocs")
    if time_zone not in available_timezones():
        raise Invalid("Choose a time zone such as America/New_York.", field="time_zone")
    source.name, source.vendor, source.time_zone, source.names_hashed = name, vendor, time_zone, names_hashed
    source.known_ids, source.cocs = list(dict.fromkeys(known_ids)), sorted(set(cocs))
    source.brakes = (brakes or Brakes()).differences()
    source.is_watched, source.is_known = is_watched, True
    if is_watched and source.drop_folder is None:
        source.drop_folder = _folder_for(name)
    db.session.flush()


def _folder_for(name: str) -> str:
    """Return the name of a drop folder that nobody has: the source's in small letters, with a number if need be."""
    plain = re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", name.lower())).strip("-")[:50] or "source"
    taken = set(db.session.scalars(select(HmisSource.drop_folder)))
    return next(each for each in chain([plain], (f"{plain}-{number}" for number in count(2))) if each not in taken)


def watched_sources() -> list[HmisSource]:
    """Return the sources whose drop folders are watched."""
    chosen = select(HmisSource).where(HmisSource.is_watched, HmisSource.drop_folder.is_not(None))
    return list(db.session.scalars(chosen.order_by(HmisSource.id)))


def sources_with_folder() -> list[HmisSource]:
    """Return the sources that have a drop folder, watched or not."""
    chosen = select(HmisSource).where(HmisSource.drop_folder.is_not(None))
    return list(db.session.scalars(chosen.order_by(HmisSource.id)))


def find_source(name: str) -> HmisSource | None:
    """Return the source called `name`, or None."""
    if not name.isprintable():  # no source has it, and not every database can be asked
        return None
    return db.session.scalar(select(HmisSource).where(HmisSource.name == name.strip()))


def source_named(name: str) -> HmisSource:
    """Return the source called `name`. Raises `NotFound`."""
    found = find_source(name)
    if found is None or not found.is_known:
        raise NotFound(f"There is no source called {name}.")
    return found


def get_source(source_id: int) -> HmisSource:
    """Return the source with this number. Raises `NotFound`."""
    found = db.session.get(HmisSource, source_id)
    if found is None:
        raise NotFound("There is no such source.")
    return found


def get_known_source(source_id: int) -> HmisSource:
    """Return the source with this number. Raises `NotFound`, for one that only the log of imports knows, too."""
    source = get_source(source_id)
    if not source.is_known:
        raise NotFound("There is no such source.")
    return source


def all_sources() -> list[HmisSource]:
    """Return all sources by name, without those that only the log of imports knows."""
    return list(db.session.scalars(select(HmisSource).where(HmisSource.is_known).order_by(HmisSource.name)))
