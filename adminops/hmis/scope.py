"""Who may see which client records and stays: the one place of this rule.

Agency staff see the clients who stay, or stayed, in a project of their agency, as one person with all records, and of
the stays those in their own projects. Victim service providers are shut off (VAWA): whoever is not told otherwise
sees neither their stays nor a client record that has no stay anywhere else, nor how many of either there are. Who has
which scope is said by `adminops.identity.scopes`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from adminops.db import db
from adminops.hmis.keys import SourceKey, among
from adminops.hmis.models import Client, Enrollment

ProjectKey = SourceKey
"""A project: number of the source, ProjectID."""


@dataclass(frozen=True)
class Scope:
    """What somebody may see of the store. Without anything named that is all of it."""

    projects: frozenset[ProjectKey] | None = None
    """The projects whose clients and stays may be seen; None for those of all projects."""
    shut_off: frozenset[ProjectKey] = frozenset()
    """The projects of victim service providers other than the viewer's own."""

    def sees_project(self, project: ProjectKey) -> bool:
        """Tell whether stays in `project` may be seen."""
        return project not in self.shut_off and (self.projects is None or project in self.projects)

    def knows_of(self, project: ProjectKey) -> bool:
        """Tell whether it may be said that there are stays in `project`, though not which."""
        return project not in self.shut_off

    def clients(self, client: Any = Client) -> list[ColumnElement[bool]]:
        """Return the conditions that a row of `client` (Client or an alias of it) may be seen."""
        conditions: list[ColumnElement[bool]] = []
        if self.projects is not None:
            conditions.append(_person_stays_in(self.projects, client))
        if self.shut_off:
            conditions.append(self._is_not_shut_off(client))
        return conditions

    def _is_not_shut_off(self, client: Any) -> ColumnElement[bool]:
        inside, stays = _in(self.shut_off), _stays_of(client)
        elsewhere = stays.where(or_(Enrollment.project_id.is_(None), not_(inside)))
        return or_(not_(_any(stays.where(inside), client)), _any(elsewhere, client))

    def gathered(self) -> type[Client] | None:
        """Return the clients that may be seen as a table of their own where they are few, else None.

        A small agency's few are read once, and looked through in no time; going through all Smiths for the five among
        them that it may see takes longer. Of a large agency's many, the first page is soon found among all.
        """
        if not self.projects:
            return None
        stays = _in(self.projects), Enrollment.removed_at.is_(None)
        counted = select(func.count()).select_from(select(Enrollment.id).where(*stays).limit(FEW + 1).subquery())
        if (db.session.scalar(counted) or 0) > FEW:
            return None
        record = aliased(Client)
        persons = (
            select(record.person_id)
            .join(
                Enrollment, (Enrollment.source_id == record.source_id) & (Enrollment.personal_id == record.personal_id)
            )
            .where(*stays, record.removed_at.is_(None))
        )
        chosen = select(*LOOKED_AT).where(Client.person_id.in_(persons), Client.removed_at.is_(None))
        if self.shut_off:
            chosen = chosen.where(self._is_not_shut_off(Client))
        return aliased(Client, chosen.cte("seen").prefix_with("MATERIALIZED"))


EVERYTHING = Scope()
"""The scope of jobs and commands, and of the few who may see all of the store."""


FEW = 5000
"""Stays up to which the clients of a scope are gathered before a look-up."""
LOOKED_AT = (
    Client.id,
    Client.source_id,
    Client.personal_id,
    Client.last_key,
    Client.first_key,
    Client.dob,
    Client.ssn_index,
    Client.removed_at,
)


def _person_stays_in(projects: Collection[ProjectKey], client: Any) -> ColumnElement[bool]:
    if not projects:
        return false()
    record, inside = _another_record(), _in(projects)
    others = _stays_of(record).where(
        record.person_id == client.person_id, record.id != client.id, record.removed_at.is_(None), inside
    )
    return or_(_any(_stays_of(client).where(inside), client), _any(others, client))


@cache
def _another_record() -> Any:
    """Return the table of clients under another name, made once: it takes a millisecond."""
    return aliased(Client)


def _stays_of(record: Any) -> Select[Any]:
    return select(literal(1)).where(
        Enrollment.source_id == record.source_id,
        Enrollment.personal_id == record.personal_id,
        Enrollment.removed_at.is_(None),
    )


def _in(projects: Iterable[ProjectKey]) -> ColumnElement[bool]:
    return among(Enrollment.source_id, Enrollment.project_id, projects)


def _any(stays: Select[Any], client: Any) -> ColumnElement[bool]:
    """Return whether there is one of `stays`, found row by row.

    No EXISTS: PostgreSQL would turn it into a join that reads every stay of the scope for a page of 25 clients.
    """
    return func.coalesce(stays.limit(1).correlate(client).scalar_subquery(), 0) == 1
