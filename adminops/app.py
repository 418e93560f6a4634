"""The app: settings → database → login → facts → each feature → filters and error pages → checks."""

from collections.abc import Sequence
from typing import Any

from flask import Flask, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy import event
from sqlalchemy.engine import Engine
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from adminops.api import routes
from adminops.crypto import RingFile
from adminops.db import db, prepare_engine, transaction
from adminops.facts import FactBus, all_facts
from adminops.feature import Feature
from adminops.hmis import sealing
from adminops.logs import set_up_logging
from adminops.outbox import mails
from adminops.settings import Settings
from adminops.web import chips, formats, navigation, problems, security, templating
from adminops.web.access import access_of, refuse_or_pass, viewer
from adminops.web.assets import Assets, assets_blueprint
from adminops.web.forms import csrf_token
from adminops.web.style_guide import style_guide_blueprint

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
THEMES = ("light", "dark", "auto")
FRAME = "adminops.frame"


class RowNumber(IntegerConverter):
    """`<int:…>` in a route: a number that a key can have. A larger one is an unknown page, not a database error."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


class WiringError(Exception):
    """The features don't fit together; the app does not start."""


class AdminOps(Flask):
    """The WSGI app: each request is one transaction, opened before access is checked and stored after the view."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Check access and run the view inside the request's transaction."""
        if request.routing_exception is not None:
            self.raise_routing_exception(request)
        if b"%00" in request.query_string:
            abort(400)  # no text of ours holds it, and PostgreSQL takes it nowhere
        declared = access_of(self.view_functions[request.endpoint or ""])
        if declared is None:
            raise WiringError(f"Route {request.endpoint} declares no access.")
        if security.touch_is_due():
            security.touch_session_of(viewer)
        writes = request.method not in SAFE if declared.writes is None else declared.writes
        with transaction(writes=writes, reads_first=True):
            refused = refuse_or_pass(declared)
            return refused if refused is not None else super().dispatch_request()


def create_app(settings: Settings, features: Sequence[Feature]) -> AdminOps:
    """Return the app of these settings and features. Raises `WiringError` when they don't fit together."""
    app = AdminOps("adminops", static_folder=None)  # the assets are served by their build id
    app.url_map.converters["int"] = RowNumber
    app.testing = settings.environment == "test"
    set_up_logging(settings.log_level)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    app.extensions["settings"] = settings
    _connect(app, settings)
    security.protect(app, settings)
    CSRFProtect(app)
    _listen(app, features)
    for feature in features:
        _join(app, feature)
    routes.register(app, features)
    _dress(app, settings)
    problems.register(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    check_wiring(app)
    return app


def _connect(app: AdminOps, settings: Settings) -> None:
    engine_options: dict[str, Any] = {"hide_parameters": True}  # the text of an error must not hold anybody's data
    if not settings.database.startswith("sqlite"):
        engine_options |= {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10}}
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options,
        SQLALCHEMY_TRACK_MODIFICATIONS=False,
    )
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
        _count_statements(app, db.engine)
    sealing.use(RingFile(settings.home / "keys" / "fields.json"))


def _count_statements(app: AdminOps, engine: Engine) -> None:
    """Let a test count the statements of a page."""
    counter = app.extensions["statements"] = {"count": 0}

    def counted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        counter["count"] += not statement.startswith("BEGIN")  # SQLite is told by a statement, PostgreSQL is not

    event.listen(engine, "before_cursor_execute", counted)


def _listen(app: AdminOps, features: Sequence[Feature]) -> None:
    bus = app.extensions["facts"] = FactBus()
    app.extensions["features"] = navigation.Registry(features)
    app.extensions["mails"] = mails.Catalogue.of(features)
    for feature in features:
        for kind, subscriber in feature.subscribers:
            bus.subscribe(kind, subscriber)


def _join(app: AdminOps, feature: Feature) -> None:
    for blueprint in feature.blueprints:
        app.register_blueprint(blueprint)
    for command in feature.cli:
        app.cli.add_command(command)
    if feature.init_app:
        feature.init_app(app)


def _dress(app: AdminOps, settings: Settings) -> None:
    assets = Assets(settings.home)
    app.register_blueprint(assets_blueprint(assets))
    app.jinja_env.undefined = StrictUndefined
    templating.set_up(app.jinja_env, settings.home)
    app.jinja_env.globals.update(asset=assets.url, csrf_token=csrf_token)
    formats.register(app)
    chips.register(app.jinja_env, assets)
    navigation.register(app, viewer)
    if settings.environment != "production":
        app.register_blueprint(style_guide_blueprint())

    @app.context_processor
    def frame() -> dict[str, Any]:
        # A page is drawn from several templates (the cards of the features): who looks is asked once for all of them.
        user, values = request.environ.get(FRAME, (None, None))
        if values is None or user is not viewer():
            values = frame_values(settings)
            request.environ[FRAME] = (viewer(), values)
        return dict(values)


def frame_values(settings: Settings) -> dict[str, Any]:
    """Return what every page's frame needs: who looks, where they can go, how it should look."""
    user = viewer()
    theme = request.cookies.get("theme", "auto")
    return {
        "viewer": user,
        "shell": navigation.shell_of(user),
        "navigation": navigation.Navigation(user) if user else (),
        "primary_action": navigation.primary_action(user) if user else None,
        "theme": theme if theme in THEMES else "auto",
        "demo_notice": settings.demo_mark.exists(),
        "environment": settings.environment,
        "product_name": settings.product_name,
        "team_name": settings.team_name,
        "team_phone": settings.team_phone,
        "csrf_token": csrf_token,
        "search_url": url_for("search.results"),
        "theme_url": url_for("signin.set_theme"),
        "sign_out_url": url_for("signin.sign_out"),
        "settings_url": url_for("signin.me"),
    }


def check_wiring(app: AdminOps) -> None:
    """Raise `WiringError` for a route without access, a name used twice, or a fact that nobody audits."""
    features = app.extensions["features"].features
    silent = [
        rule.endpoint for rule in app.url_map.iter_rules() if access_of(app.view_functions[rule.endpoint]) is None
    ]
    if silent:
        raise WiringError(f"These routes declare no access: {', '.join(sorted(set(silent)))}.")
    for what, names in _names(features).items():
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise WiringError(f"Two features offer the same {what}: {', '.join(twice)}.")
    bus: FactBus = app.extensions["facts"]
    unheard = [fact.__name__ for fact in all_facts() if not list(bus.listeners(fact))]
    if unheard:
        raise WiringError(f"Nobody audits these facts: {', '.join(unheard)}.")


def _names(features: Sequence[Feature]) -> dict[str, list[str]]:
    return {
        "feature name": [feature.name for feature in features],
        "job": [job.name for feature in features for job in feature.jobs],
        "request type": [kind.key for feature in features for kind in feature.request_types],
        "reference kind": [provider.kind for feature in features for provider in feature.refs],
        "mail": [key for feature in features for key in feature.mails],
        "route of the API": [route.name for route in routes.routes_of(features)],
        "navigation key": [item.key for feature in features for item in feature.nav if item.key],
    }
