"""Agencies."""

from adminops.feature import Feature

feature = Feature(name="agencies", title="Agencies")
