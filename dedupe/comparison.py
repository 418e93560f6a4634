"""Two records side by side, as the page of a pair shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from adminops.hmis import sealing
from adminops.hmis.codes import label, label_of
from adminops.hmis.models import Client
from adminops.hmis.persons import full_name, races_of
from adminops.hmis.stays import Stay, stays_of
from adminops.web.marks import Parts, marked
from dedupe.engine import percent_alike, ssn_in_words

FULL = 1
ALIKE = 70


@dataclass(frozen=True)
class Side:
    """The head of one column."""

    title: str
    role: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One field of both records: what is chosen belongs to a unit of the store (a name with its quality)."""

    key: str
    label: str
    state: str
    percent: int | None
    left: Parts
    right: Parts
    chosen: str


@dataclass(frozen=True)
class Comparison:
    """All that the page of a pair compares. Left is the record that is kept."""

    left: Side
    right: Side
    rows: tuple[Row, ...]
    stays: tuple[tuple[str, Stay], ...]
    moving_stays: int
    moving_services: int

    @property
    def choices(self) -> int:
        """How many units differ, so that one has to be chosen."""
        return sum(row.state != "same" for row in self.rows)


def compare(kept: Client, folded: Client, *, sources: dict[int, str]) -> Comparison:
    """Put `kept` (left) and `folded` (right) side by side. SSNs are compared but never shown."""
    stays = stays_of([kept, folded])
    mine = [stay for stay in stays if stay.client_id == kept.id]
    theirs = [stay for stay in stays if stay.client_id == folded.id]
    return Comparison(
        left=_side(kept, "Kept record", mine, sources),
        right=_side(folded, "Merged into it", theirs, sources),
        rows=tuple(_rows(kept, folded)),
        stays=tuple(("a" if stay.client_id == kept.id else "b", stay) for stay in stays),
        moving_stays=len(theirs),
        moving_services=sum(stay.services + stay.bed_nights for stay in theirs),
    )


def _side(client: Client, role: str, stays: Sequence[Stay], sources: dict[int, str]) -> Side:
    services = sum(stay.services + stay.bed_nights for stay in stays)
    made = f"Created {_day(client.date_created.date())}" if client.date_created else "Creation date not known"
    first = next((stay.organization_name for stay in reversed(stays) if stay.organization_name), "")
    facts = (
        f"{made}{', ' + first if first else ''}",
        f"{len(stays)} enrollment{'' if len(stays) == 1 else 's'}, {services} services",
        sources[client.source_id],
    )
    return Side(title=f"Client {client.personal_id}", role=role, facts=facts)


def _rows(kept: Client, folded: Client) -> list[Row]:
    return [
        _text_row("name", "Name", _written_name(kept), _written_name(folded)),
        _text_row("dob", "Date of birth", _written_dob(kept), _written_dob(folded)),
        _ssn_row(kept, folded),
        _code_row("sex", "Sex", label("4.21", kept.sex), label("4.21", folded.sex)),
        _code_row("race", "Race and ethnicity", _races(kept), _races(folded)),
        _code_row("veteran", "Veteran status", label("1.8", kept.veteran_status), label("1.8", folded.veteran_status)),
    ]


def _written_name(client: Client) -> str:
    name = full_name(client)
    quality = client.name_data_quality
    return name if quality in (None, FULL) or name == "(no name)" else f"{name} ({label('3.01.5', quality)})"


def _written_dob(client: Client) -> str:
    if client.dob is None:
        return ""
    quality = client.dob_data_quality
    return _day(client.dob) if quality in (None, FULL) else f"{_day(client.dob)} ({label('3.03.2', quality)})"


def _day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"


def _races(client: Client) -> str:
    return ", ".join(races_of(client)) or label_of("Client", "RaceNone", client.race_none)


def _chosen(left: str, right: str) -> str:
    return "right" if right and not left else "left"


def _text_row(key: str, title: str, left: str, right: str) -> Row:
    if left == right:
        return Row(key, title, "same", None, *marked(left, right), "left")
    if not left or not right:
        return Row(key, title, "blank", None, *marked(left, right), _chosen(left, right))
    percent = percent_alike(left, right)
    state = "alike" if percent >= ALIKE else "different"
    return Row(key, title, state, percent if state == "alike" else None, *marked(left, right), "left")


def _code_row(key: str, title: str, left: str, right: str) -> Row:
    state = "same" if left == right else "blank" if not left or not right else "different"
    whole: tuple[Parts, Parts] = ([(left, False)] if left else [], [(right, False)] if right else [])
    return Row(key, title, state, None, *whole, _chosen(left, right))


def _ssn_row(kept: Client, folded: Client) -> Row:
    one = sealing.open_ssn(kept.source_id, kept.personal_id, kept.ssn_sealed)
    other = sealing.open_ssn(folded.source_id, folded.personal_id, folded.ssn_sealed)
    left, right = (sealing.mask_ssn(one) if one else ""), (sealing.mask_ssn(other) if other else "")
    words = ssn_in_words(one, other)
    if one == other:
        state = "same"
    elif not one or not other:
        state = "blank"
    else:
        state = "different" if words in (None, "different") else "alike"
    title = f"SSN ({words})" if words and state == "alike" else "SSN"
    left_parts: Parts = [(left, False)] if left else []
    right_parts: Parts = [(right, False)] if right else []
    return Row("ssn", title, state, None, left_parts, right_parts, _chosen(left, right))
