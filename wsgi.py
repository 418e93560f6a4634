"""The composition root: settings from the environment, the features, the app and its command line."""

import gc
import os

gc.disable()  # what is imported stays: looking through all of it again and again took a third of every start

import accounts
import dedupe
import manuals
import tickets
import training
from adminops import (
    agencies,
    api,
    audit,
    clients,
    imports,
    insights,
    privacy,
    programs,
    repairs,
    search,
    signin,
    system,
)
from adminops.app import AdminOps, create_app
from adminops.cli import command_line
from adminops.settings import Settings

#: The order is the order in which facts are heard (the audit first) and the demo is filled.
FEATURES = (
    audit.feature,
    signin.feature,
    api.feature,
    insights.feature,
    tickets.feature,
    dedupe.feature,
    clients.feature,
    imports.feature,
    repairs.feature,
    agencies.feature,
    programs.feature,
    accounts.feature,
    training.feature,
    manuals.feature,
    privacy.feature,
    search.feature,
    system.feature,
)


def build_app() -> AdminOps:
    """Return the app for a WSGI server: `gunicorn 'wsgi:build_app()'`."""
    os.umask(0o077)  # whatever this process writes is its owner's alone
    gc.disable()
    app = create_app(Settings.from_environment(os.environ), FEATURES)
    gc.freeze()  # it stays for good: looking through all of it for garbage made a page now and then wait
    gc.enable()
    return app


cli = command_line(FEATURES, build_app)
gc.freeze()  # a command that ends would look through all of it once more, for a third of the time it took
gc.enable()
