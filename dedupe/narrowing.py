"""Narrowing the queue: what a reviewer wants to see of it, as conditions on pairs and as the end of an address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from adminops import clock
from adminops.db import db
from adminops.hmis.codes import label
from adminops.hmis.models import Project
from adminops.identity.models import Agency, AgencyOrganization, User
from dedupe.models import Evidence, Pair, PairPlace

EVIDENCE = {
    Evidence.NUMBER: "Same SSN",
    Evidence.PART: "Same last four digits",
    Evidence.NAME_AND_DATE: "Same name and birth date",
    Evidence.CLOSE: "Nearly the same",
}
CONFLICT = {"yes": "With a conflict", "no": "Without a conflict"}
HELD = {"me": "Held by me", "others": "Held by others", "nobody": "Free"}
AGES = {"7": "A week or older", "30": "A month or older", "90": "Three months or older"}
ASKED = {"yes": "Asked for by a ticket"}


@dataclass(frozen=True)
class Narrowing:
    """What is left of the queue. Blank texts, and None, leave everything."""

    agency_id: int | None = None
    project_type: int | None = None
    evidence: str = ""
    conflict: str = ""
    held: str = ""
    asked: str = ""
    age: str = ""

    @classmethod
    def read(cls, args: Mapping[str, str]) -> "Narrowing":
        """Return what an address says; what it says wrongly is left out."""
        return cls(
            agency_id=_number(args.get("agency")),
            project_type=_number(args.get("project_type")),
            evidence=_among(args.get("evidence"), [each.value for each in Evidence]),
            conflict=_among(args.get("conflict"), CONFLICT),
            held=_among(args.get("held"), HELD),
            asked=_among(args.get("asked"), ASKED),
            age=_among(args.get("age"), AGES),
        )

    @property
    def args(self) -> dict[str, Any]:
        """The end of an address that says the same."""
        numbers = {"agency": self.agency_id, "project_type": self.project_type}
        texts = {name: getattr(self, name) for name in ("evidence", "conflict", "held", "asked", "age")}
        said = {**{name: str(number) for name, number in numbers.items() if number is not None}, **texts}
        return {name: text for name, text in said.items() if text}

    def conditions(self, viewer: User) -> list[ColumnElement[bool]]:
        """Return the conditions on `Pair`; none when nothing is left out."""
        found = list(self._of_places())
        if self.evidence:
            found.append(Pair.evidence == Evidence(self.evidence))
        if self.conflict:
            found.append(Pair.has_conflict.is_(self.conflict == "yes"))
        if self.held:
            found.append(_held(self.held, viewer))
        if self.asked:
            found.append(Pair.ticket_id.is_not(None))
        if self.age:
            found.append(Pair.proposed_at <= clock.now() - timedelta(days=int(self.age)))
        return found

    def _of_places(self) -> list[ColumnElement[bool]]:
        """Return the condition that one of the two has been in a project of that agency and type."""
        if self.agency_id is None and self.project_type is None:
            return []
        places = select(PairPlace.pair_id).join(Project, Project.id == PairPlace.project_id)
        if self.project_type is not None:
            places = places.where(Project.project_type == self.project_type)
        if self.agency_id is not None:
            theirs = and_(
                AgencyOrganization.source_id == Project.source_id,
                AgencyOrganization.organization_id == Project.organization_id,
            )
            places = places.join(AgencyOrganization, theirs).where(AgencyOrganization.agency_id == self.agency_id)
        return [Pair.id.in_(places)]


def agencies_to_choose() -> list[tuple[int, str]]:
    """Return the agencies that have organizations in a source and are no victim service providers."""
    there = select(AgencyOrganization.agency_id)
    chosen = select(Agency.id, Agency.name).where(Agency.id.in_(there), Agency.is_victim_service_provider.is_(False))
    return [(id_, name) for id_, name in db.session.execute(chosen.order_by(Agency.name))]


def project_types_to_choose() -> list[tuple[int, str]]:
    """Return the types of projects there are."""
    chosen = select(Project.project_type).where(Project.project_type.is_not(None), Project.removed_at.is_(None))
    types = db.session.scalars(chosen.distinct().order_by(Project.project_type))
    return [(code, label("2.02.6", code)) for code in types if code is not None]


def _held(by: str, viewer: User) -> ColumnElement[bool]:
    is_held = and_(Pair.claimed_until.is_not(None), Pair.claimed_until > clock.now())
    if by == "nobody":
        return or_(Pair.claimed_until.is_(None), Pair.claimed_until <= clock.now())
    return and_(is_held, Pair.claimed_by_id == viewer.id if by == "me" else Pair.claimed_by_id != viewer.id)


def _among(text: str | None, known: Mapping[str, str] | list[str]) -> str:
    return text if text and text in known else ""


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None
