"""The units in which a reviewer chooses (`adminops.hmis.persons.UNITS`), with the lines that each is shown in."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from adminops.hmis import sealing
from adminops.hmis.codes import NoYes, label, label_of
from adminops.hmis.models import Client
from adminops.hmis.persons import masked_ssn, races_of
from adminops.hmis.spec import current
from dedupe.lines import Line, code_line, date_line, name_line, ssn_line

FULL, PARTIAL = 1, 2
NO_ANSWER = (None, 8, 9, 99)
MADE_UP = 1900
WARS = ("world_war_ii", "korean_war", "vietnam_war", "desert_storm", "afghanistan_oef", "iraq_oif", "iraq_ond")


@dataclass(frozen=True)
class Unit:
    """A unit: its key in the store, its name on the screen, its lines, and how good a record's answer is."""

    key: str
    label: str
    lines: Callable[[Client, Client], list[Line]]
    rank: Callable[[Client], int]
    """0 for no answer; the higher of two is proposed to be kept."""


def _name_lines(one: Client, other: Client) -> list[Line]:
    parts = [("First name", "first_name"), ("Middle name", "middle_name"), ("Last name", "last_name")]
    lines = [name_line(title, _shown(one, column), _shown(other, column)) for title, column in parts]
    if one.name_suffix or other.name_suffix:
        lines.append(name_line("Suffix", one.name_suffix or "", other.name_suffix or ""))
    return [line for line in lines if line.left or line.right] + _quality_lines("name", "3.01.5", one, other)


def _shown(client: Client, column: str) -> str:
    name: str = getattr(client, column) or ""
    return "(hashed)" if sealing.is_hash(name) else name


def _quality_lines(unit: str, list_id: str, one: Client, other: Client) -> list[Line]:
    """Return a line for the quality codes, unless both records have the whole answer."""
    left, right = getattr(one, f"{unit}_data_quality"), getattr(other, f"{unit}_data_quality")
    if left in (FULL, None) and right in (FULL, None):
        return []
    answers = (left not in NO_ANSWER, right not in NO_ANSWER)
    return [code_line(f"{WHOLE[unit]} quality", label(list_id, left), label(list_id, right), answers=answers)]


WHOLE = {"name": "Name", "dob": "Date of birth", "ssn": "SSN"}


def _dob_lines(one: Client, other: Client) -> list[Line]:
    return [date_line("Date of birth", one.dob, other.dob), *_quality_lines("dob", "3.03.2", one, other)]


def _ssn_lines(one: Client, other: Client) -> list[Line]:
    shown = (masked_ssn(one), masked_ssn(other))
    return [ssn_line("SSN (last four)", shown, (_ssn(one), _ssn(other))), *_quality_lines("ssn", "3.02.2", one, other)]


def _ssn(client: Client) -> str:
    return sealing.open_ssn(client.source_id, client.personal_id, client.ssn_sealed)


def _coded(title: str, list_id: str, column: str, one: Client, other: Client) -> Line:
    left, right = getattr(one, column), getattr(other, column)
    answers = (left not in NO_ANSWER, right not in NO_ANSWER)
    return code_line(title, label(list_id, left), label(list_id, right), answers=answers)


def _sex_lines(one: Client, other: Client) -> list[Line]:
    return [_coded("Sex", "4.21", "sex", one, other)]


def _race_lines(one: Client, other: Client) -> list[Line]:
    answers = (bool(races_of(one)), bool(races_of(other)))
    lines = [code_line("Race and ethnicity", _races(one), _races(other), answers=answers)]
    left, right = one.additional_race_ethnicity or "", other.additional_race_ethnicity or ""
    if left or right:
        lines.append(code_line("Additional race or ethnicity", left, right))
    return lines


def _races(client: Client) -> str:
    return ", ".join(races_of(client)) or label_of("Client", "RaceNone", client.race_none)


def _veteran_lines(one: Client, other: Client) -> list[Line]:
    """Return a line for the answer, and one for each detail of the service that differs."""
    details = [
        code_line("Service", _years(one), _years(other)),
        code_line("Theaters of operations", _wars(one), _wars(other)),
        code_line("Branch", _service(one, "MilitaryBranch"), _service(other, "MilitaryBranch")),
        code_line("Discharge", _service(one, "DischargeStatus"), _service(other, "DischargeStatus")),
    ]
    differing = [line for line in details if line.state != "same"]
    return [_coded("Veteran status", "1.8", "veteran_status", one, other), *differing]


def _years(client: Client) -> str:
    years = (client.year_entered_service, client.year_separated)
    return "" if years == (None, None) else f"{years[0] or '?'} to {years[1] or '?'}"


def _wars(client: Client) -> str:
    names = {column.attribute: column.name for column in current().by_name["Client"].columns}
    return ", ".join(_spaced(names[war]) for war in (*WARS, "other_theater") if getattr(client, war) == 1)


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def _service(client: Client, column: str) -> str:
    return label_of("Client", column, getattr(client, current().by_name["Client"].by_name[column].attribute))


WHOLE_ANSWER, PART_OF_ONE, DOUBTFUL = 30, 20, 10
_NOTHING = {8: 3, 9: 2, 99: 1}
"""What is no answer says something, too: somebody asked, or nobody did."""


def _quality_rank(value: object, quality: int | None) -> int:
    """Rank an answer by its quality code: whole, partial, doubtful; then doesn't know, refused, not collected."""
    if not value:
        return _NOTHING.get(quality or 0, 0)
    return WHOLE_ANSWER if quality == FULL else PART_OF_ONE if quality in (PARTIAL, None) else DOUBTFUL


def _answer_rank(code: int | None) -> int:
    return _NOTHING.get(code or 0, 0) if code in NO_ANSWER else WHOLE_ANSWER


def _name_rank(client: Client) -> int:
    return _quality_rank(client.last_name or client.first_name, client.name_data_quality)


def _dob_rank(client: Client) -> int:
    """A first of January is often a guess, and 1900 always one."""
    guessed = client.dob is not None and (client.dob.month, client.dob.day) == (1, 1)
    rank = _quality_rank(client.dob, client.dob_data_quality)
    return DOUBTFUL if guessed and client.dob and client.dob.year <= MADE_UP else rank - guessed


def _ssn_rank(client: Client) -> int:
    ssn = _ssn(client)
    if not ssn:
        return _NOTHING.get(client.ssn_data_quality or 0, 0)
    return WHOLE_ANSWER if sealing.is_valid_ssn(ssn) else PART_OF_ONE if sealing.last4_of(ssn) else DOUBTFUL


def _race_rank(client: Client) -> int:
    return WHOLE_ANSWER if races_of(client) else _NOTHING.get(client.race_none or 0, 0)


def _veteran_rank(client: Client) -> int:
    """Who ever said yes is one: the no of another record is a question that was not asked well."""
    return _answer_rank(client.veteran_status) + (client.veteran_status == NoYes.YES.value)


UNITS = (
    Unit("name", "Name", _name_lines, _name_rank),
    Unit("dob", "Date of birth", _dob_lines, _dob_rank),
    Unit("ssn", "SSN", _ssn_lines, _ssn_rank),
    Unit("sex", "Sex", _sex_lines, lambda client: _answer_rank(client.sex)),
    Unit("race", "Race and ethnicity", _race_lines, _race_rank),
    Unit("veteran", "Veteran status", _veteran_lines, _veteran_rank),
)
