"""Signing in and out, one's own page and sessions, and the look of one's screens."""

from adminops.feature import Feature
from adminops.signin.views import blueprint

feature = Feature(name="signin", title="Sign-in", blueprints=(blueprint,))
