"""The navigation: what the features offer, cut to what the viewer may see."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from flask import Flask, current_app, request, url_for
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from sqlalchemy import ScalarSelect, select

from adminops.db import db
from adminops.feature import Door, Feature, NavItem
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Link, Ref, RefProvider
from adminops.web.remembering import remembered

GROUPS = ("Work", "Records", "Learn", "System")
MOST_SHOWN = 1_000
"""What is above that, nobody reads off; and most that is counted for the navigation is counted no further."""


@dataclass(frozen=True)
class NavLink:
    """One place, ready to be drawn."""

    label: str
    icon: str
    url: str
    count: int | None
    current: bool
    key: str | None
    short: str | None = None
    """For the bar at the bottom of a phone, where the label is too long."""

    @property
    def number(self) -> str:
        """The count as it is shown; empty where there is nothing to count."""
        if not self.count:
            return ""
        return f"{MOST_SHOWN:,}+" if self.count > MOST_SHOWN else f"{self.count:,}"


@dataclass(frozen=True)
class NavGroup:
    """A heading and its places."""

    label: str
    links: Sequence[NavLink]


@dataclass(frozen=True)
class Registry:
    """What all features offer together, in their order."""

    features: Sequence[Feature]

    @property
    def nav(self) -> list[NavItem]:
        """All places, by group and order."""
        items = [item for feature in self.features for item in feature.nav]
        return sorted(items, key=lambda item: (GROUPS.index(item.group), item.order))

    def ref_provider(self, kind: str) -> RefProvider | None:
        """Return who shows things of `kind`."""
        return next((p for feature in self.features for p in feature.refs if p.kind == kind), None)


def registry() -> Registry:
    """Return the features of the running app."""
    found: Registry = current_app.extensions["features"]
    return found


def shell_of(user: User | None) -> str:
    """Return which frame a person works in: the desk, the help page ("portal") or none ("plain")."""
    if user is None:
        return "plain"
    return "desk" if user.may(Permission.USE_DESK) else "portal"


def places(user: User) -> list[NavItem]:
    """Return the places this person may go to, in order."""
    shell = shell_of(user)
    return [
        item
        for item in registry().nav
        if item.shell in (shell, "both") and (item.permission is None or user.may(item.permission))
    ]


def ways_in() -> list[NavItem]:
    """Return the places for people who can't sign in: what stands under the sign-in form."""
    return [item for item in registry().nav if item.shell == "plain"]


def doors(goal: str | None) -> list[Door]:
    """Return the other ways to sign in, and then go on to `goal`."""
    return [door for feature in registry().features if feature.doors for door in feature.doors(goal)]


class Navigation:
    """The viewer's navigation, worked out when a page first looks at it: most pages remember how it was drawn."""

    def __init__(self, user: User) -> None:
        self._user = user

    @cached_property
    def _groups(self) -> list[NavGroup]:
        return navigation(self._user)

    def __iter__(self) -> Iterator[NavGroup]:
        return iter(self._groups)


def navigation(user: User) -> list[NavGroup]:
    """Return the viewer's navigation with its counts."""
    offered = places(user)
    current = _current(offered)
    counts = remembered(("counts", user.id), lambda: _counts(offered, user))
    drawn: list[NavGroup] = []
    for group, items in groupby(offered, key=lambda item: item.group):
        links = [_draw(item, counts.get(item.endpoint), item is current) for item in items]
        drawn.append(NavGroup(label=group, links=links))
    return drawn


def _current(items: Sequence[NavItem]) -> NavItem | None:
    """Return the place where the viewer is: that of this very page, else the first of the part that it belongs to."""
    here = request.endpoint or ""
    part = here.partition(".")[0]
    exact = (item for item in items if item.endpoint == here)
    near = (item for item in items if item.endpoint.partition(".")[0] == part)
    return next(exact, None) or next(near, None)


def _draw(item: NavItem, count: int | None, current: bool) -> NavLink:
    return NavLink(
        label=item.label,
        icon=item.icon,
        url=url_for(item.endpoint),
        count=count,
        current=current,
        key=item.key,
        short=item.short,
    )


def _counts(items: Sequence[NavItem], user: User) -> dict[str, int]:
    """Return the numbers beside the places by their endpoints, in one read however many there are."""
    asked = {item.endpoint: item.count(user) for item in items if item.count is not None}
    known = {endpoint: count or 0 for endpoint, count in asked.items() if count is None or isinstance(count, int)}
    counted = {endpoint: count for endpoint, count in asked.items() if isinstance(count, ScalarSelect)}
    found = db.session.execute(select(*counted.values())).one() if counted else ()
    return {**known, **dict(zip(counted, found, strict=True))}


def primary_action(user: User) -> NavLink | None:
    """Return the desk's main button, if somebody offers one that this person may use."""
    offered = (feature.primary for feature in registry().features if feature.primary)
    item = next((item for item in offered if item.permission is None or user.may(item.permission)), None)
    return NavLink(item.label, item.icon, url_for(item.endpoint), None, False, item.key) if item else None


def start_page(user: User) -> str:
    """Return the address a person starts at: the first of their places."""
    found = places(user)
    return url_for(found[0].endpoint) if found else url_for("signin.my_sessions")


def link_to(ref: Ref, user: User) -> Link | None:
    """Return title and address of what `ref` points at, or None when the viewer may not know of it."""
    provider = registry().ref_provider(ref.kind)
    return provider.resolve([ref.id], user).get(ref.id) if provider else None


def answers_of(ref: Ref, user: User) -> Mapping[str, Any] | None:
    """Return what the request `ref` says in the fields of its form, or None when the viewer may not know of it."""
    provider = registry().ref_provider(ref.kind)
    return provider.answers(ref.id, user) if provider and provider.answers else None


def links_to(refs: Sequence[Ref], user: User) -> dict[Ref, Link]:
    """Return the links of many references with one read a kind; those the viewer may not see are left out."""
    found: dict[Ref, Link] = {}
    for kind in {ref.kind for ref in refs}:
        provider = registry().ref_provider(kind)
        ids = list(dict.fromkeys(ref.id for ref in refs if ref.kind == kind))
        for id_, link in (provider.resolve(ids, user) if provider else {}).items():
            found[Ref(kind, id_)] = link
    return found


def panels(place: str, id_: int | str, user: User) -> list[Markup]:
    """Return the cards that features show on the page of thing `id_` of kind `place`, in order."""
    offered = [panel for feature in registry().features for panel in feature.panels if panel.place == place]
    drawn = (panel.render(Ref.to(place, id_), user) for panel in sorted(offered, key=lambda panel: panel.order))
    return [card for card in drawn if card is not None]


def register(app: Flask, current_viewer: Callable[[], User | None]) -> None:
    """Offer `{{ ref|link }}` (escaped anchor or plain text), `frame_part(name)` and `banners()` to the templates."""

    def link(ref: Ref) -> Markup:
        user = current_viewer()
        found = link_to(ref, user) if user else None
        if found is None:
            return Markup("<span>{}</span>").format(str(ref))
        return Markup('<a href="{}">{}</a>').format(found.url, found.title)

    @pass_context
    def frame_part(context: Context, name: str) -> Markup:
        """Draw a part of the frame that is the same on all pages of a feature, and remember it for a few seconds."""
        key = ("frame", name, context["viewer"].id, request.endpoint)
        drawn = remembered(key, lambda: context.environment.get_template(name).render(context.get_all()))
        return Markup(drawn)  # noqa: S704 - a template's output

    def banners() -> list[Markup]:
        """Return what the features have to tell above every page."""
        offered = (feature.banner for feature in registry().features if feature.banner)
        return [drawn for banner in offered if (drawn := banner(current_viewer())) is not None]

    app.jinja_env.filters["link"] = link
    app.jinja_env.globals["banners"] = banners
    app.jinja_env.globals["frame_part"] = frame_part
