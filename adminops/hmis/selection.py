"""Which rows of a source belong to an export of some projects or of a period."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from adminops.db import db
from adminops.hmis.layers import AS_RECEIVED, Layers
from adminops.hmis.models import FILE_MODELS, Affiliation, Assessment, Enrollment, Exit, Organization, Project
from adminops.hmis.periods import DATED, OF_ASSESSMENTS, OF_PROJECTS, VALID_DURING
from adminops.hmis.spec import FileSpec

Conditions = list[ColumnElement[bool]]


@dataclass(frozen=True)
class Selection:
    """The rows of one source, narrowed to projects, to a period, or not at all."""

    source_id: int
    project_ids: tuple[str, ...] | None
    start: date | None
    end: date | None
    user_ids: frozenset[str] | None = None
    others: frozenset[str] = frozenset()
    """Clients whom rows of selected stays name in place of the stay's own: a vendor's fault, and yet a reference."""
    layers: Layers = AS_RECEIVED
    """How the rows are read."""

    @property
    def is_whole(self) -> bool:
        """Whether all rows of the source are meant."""
        return self.project_ids is None and self.start is None and self.end is None

    def of_users(self, user_ids: Collection[str]) -> "Selection":
        """Return the same selection with no other users than these."""
        return replace(self, user_ids=frozenset(user_ids))

    def with_others(self) -> "Selection":
        """Return the same selection with the other clients whom its rows name."""
        return replace(self, others=frozenset(person for file in FILE_MODELS for person in self._other_persons(file)))

    def _other_persons(self, name: str) -> list[str]:
        model: Any = FILE_MODELS[name]
        if self.is_whole or name == "Enrollment" or not hasattr(model, "enrollment_id"):
            return []
        of_another = and_(
            Enrollment.source_id == model.source_id,
            Enrollment.enrollment_id == model.enrollment_id,
            Enrollment.personal_id != model.personal_id,
        )
        conditions = (model.source_id == self.source_id, model.removed_at.is_(None), *self._narrowing(name, model))
        return list(
            db.session.scalars(select(model.personal_id).join(Enrollment, of_another).where(*conditions).distinct())
        )

    def conditions(self, file: FileSpec) -> Conditions:
        """Return the conditions for the rows of `file`."""
        model: Any = FILE_MODELS[file.name]
        conditions = self._read(model)
        return conditions if self.is_whole else conditions + self._narrowing(file.name, model)

    def _read(self, model: Any) -> Conditions:
        return [model.source_id == self.source_id, model.removed_at.is_(None), self.layers.there(model)]

    def _narrowing(self, name: str, model: Any) -> Conditions:
        if name in ("Project", *OF_PROJECTS, *VALID_DURING):
            return self._of_projects(model) + self._valid(name, model) + self._closed(name)
        if name == "Organization":
            return [Organization.organization_id.in_(self._organizations())]
        if name == "User":
            return [] if self.user_ids is None else [model.user_id.in_(sorted(self.user_ids))]
        if name == "Enrollment":
            return self._stay_conditions()
        if name == "Client":
            return [or_(model.personal_id.in_(self._stays(Enrollment.personal_id)), model.personal_id.in_(self.others))]
        of_stay = self.layers.value(model, "enrollment_id").in_(self._stays(Enrollment.enrollment_id))
        return [of_stay, *self._dated(name, model)]

    def _of_projects(self, model: Any) -> Conditions:
        return [] if self.project_ids is None else [model.project_id.in_(self.project_ids)]

    def _closed(self, name: str) -> Conditions:
        """Leave out what names a project that is there but not selected."""
        if name != "Affiliation" or self.project_ids is None:
            return []
        left_out = and_(
            Project.source_id == self.source_id,
            Project.project_id == Affiliation.res_project_id,
            Project.removed_at.is_(None),
            Project.project_id.not_in(self.project_ids),
        )
        return [~exists().where(left_out)]

    def _valid(self, name: str, model: Any) -> Conditions:
        if name not in VALID_DURING:
            return []
        first, last = (getattr(model, column) for column in VALID_DURING[name])
        conditions: Conditions = []
        if self.end:
            conditions.append(or_(first.is_(None), first <= self.end))
        if self.start:
            conditions.append(or_(last.is_(None), last >= self.start))
        return conditions

    def _organizations(self) -> Select[Any]:
        return select(Project.organization_id).where(
            Project.source_id == self.source_id, Project.removed_at.is_(None), *self._of_projects(Project)
        )

    def _stay_conditions(self) -> Conditions:
        conditions = self._of_projects(Enrollment)
        if self.end:
            conditions.append(Enrollment.entry_date <= self.end)
        if self.start:
            stay = self.layers.value(Exit, "enrollment_id")
            ended_before = select(stay).where(*self._read(Exit), Exit.exit_date < self.start, stay.is_not(None))
            conditions.append(Enrollment.enrollment_id.not_in(ended_before))
        return conditions

    def _stays(self, column: Any) -> Select[Any]:
        return select(column).where(*self._read(Enrollment), *self._stay_conditions())

    def _dated(self, name: str, model: Any) -> Conditions:
        if self.end is None:
            return []
        if name in DATED:
            dated = getattr(model, DATED[name])
            return [or_(dated.is_(None), dated <= self.end)]
        if name in OF_ASSESSMENTS:
            later = select(Assessment.assessment_id).where(
                Assessment.source_id == self.source_id,
                Assessment.removed_at.is_(None),
                Assessment.assessment_date > self.end,
            )
            return [or_(model.assessment_id.is_(None), model.assessment_id.not_in(later))]
        return []
