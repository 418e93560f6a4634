"""Dashboard."""

from adminops.feature import Feature

feature = Feature(name="insights", title="Dashboard")
