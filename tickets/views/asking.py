"""What an address asks the list of tickets for, and the address that asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from flask import url_for
from werkzeug.datastructures import MultiDict

from adminops.identity.models import User
from tickets.columns.queries import USUAL_COLUMNS, columns_of, known
from tickets.language import LONGEST, Query, Term, parse
from tickets.models import Priority, SavedView, TicketState
from tickets.queries import COLUMNS, Order, TicketFilter, View, get_view

E = TypeVar("E", bound=StrEnum)

SELECTS = ("status", "priority", "type", "agency", "assignee")
"""The select boxes of the filter bar: each stands for a term of the language about the field of its name."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An address of the list, taken apart; what it does not understand outside of `q` narrows nothing."""

    view: View = View.OPEN
    saved: SavedView | None = None
    """A saved view instead of `view`."""
    q: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    """Values of the select boxes: a row by its number."""
    order: Order | None = None
    chosen_columns: tuple[str, ...] = ()
    own_columns: tuple[str, ...] = ()
    """Those that the viewer has chosen for all lists; read only where nothing else says which to show."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns to show, in their order: those that were asked for, else the view's, else the viewer's."""
        kept = known(self.saved.columns) if self.saved else ()
        return self.chosen_columns or kept or self.own_columns or USUAL_COLUMNS

    @property
    def view_name(self) -> str:
        """The view as the address names it: a word, or the number of a saved one."""
        return str(self.saved.id) if self.saved else self.view.value

    @property
    def narrows(self) -> bool:
        """Whether anything but the view is chosen."""
        return bool(self.q or self.chosen)

    @property
    def query(self) -> Query:
        """All terms but those of the view. Raises `Wrong`."""
        return (*parse(self.q), *(Term(name, (_value(name, value),)) for name, value in self.chosen.items()))

    @property
    def whole_query(self) -> Query:
        """The terms of the view, too: what is kept when this is saved. Raises `Wrong`."""
        return (*parse(self.saved.query if self.saved else self.view.query), *self.query)

    def filter(self) -> TicketFilter:
        """Return the filter for the read. Raises `Wrong` for a query that can't be understood."""
        view, query = (View.ALL, self.whole_query) if self.saved else (self.view, self.query)
        return TicketFilter(view=view, query=query, order=self.order or self._usual_order(query))

    def _usual_order(self, query: Query) -> Order:
        kept = _one_of(Order, self.saved.sorting) if self.saved else None
        if kept is not None:
            return kept
        if self.view is View.LATE:
            return Order.DUE
        words = any(not term.field for term in query)
        return Order.NEWEST if words else Order.ACTIVITY

    @property
    def all_columns(self) -> list[tuple[str, str]]:
        """The columns there are, as (name, label): those that are shown first, in their order."""
        return [(name, COLUMNS[name]) for name in (*self.columns, *(n for n in COLUMNS if n not in self.columns))]

    def parts(self) -> list[tuple[str, str]]:
        """Return the parts of the address but the columns: what a form that changes those has to send along."""
        said = {
            "view": self.view_name if self.saved or self.view is not View.OPEN else "",
            "q": self.q,
            **self.chosen,
            "order": self.order.value if self.order else "",
        }
        return [(name, value) for name, value in said.items() if value]

    def address(self, to: str = "tickets.index", **over: Any) -> str:
        """Return the address (of the list), without what goes without saying; `over` changes or (None) drops a part."""
        said: dict[str, Any] = {**dict(self.parts()), "columns": list(self.chosen_columns) or None, **over}
        return url_for(to, **{name: value for name, value in said.items() if value not in (None, "")})


def read_address(args: MultiDict[str, str], viewer: User) -> Asked:
    """Return what an address asks for. Raises `NotFound` for a saved view that `viewer` has not."""
    view = args.get("view", "")
    saved, columns = get_view(int(view), viewer) if _is_number(view) else None, _columns(args)
    return Asked(
        view=_one_of(View, view) or View.OPEN,
        saved=saved,
        q=args.get("q", "").strip()[: LONGEST + 1],  # one too many is still refused with a sentence
        chosen={name: value for name in SELECTS if (value := args.get(name, "").strip()) and _is_value(name, value)},
        order=_one_of(Order, args.get("order")),
        chosen_columns=columns,
        own_columns=() if columns or (saved and saved.columns) else columns_of(viewer),
    )


def _columns(args: MultiDict[str, str]) -> tuple[str, ...]:
    return known(",".join(args.getlist("columns")).split(","))


def _is_value(name: str, value: str) -> bool:
    if name in ("agency", "assignee"):
        return _is_number(value)
    kinds: dict[str, type[StrEnum]] = {"status": TicketState, "priority": Priority}
    return len(value) <= 60 and (name == "type" or _one_of(kinds[name], value) is not None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _value(name: str, value: str) -> str:
    return f"#{value}" if name in ("agency", "assignee") else value


def _one_of(kind: type[E], text: str | None) -> E | None:
    return next((member for member in kind if member.value == text), None)
