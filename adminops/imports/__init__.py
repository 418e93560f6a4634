"""Imports."""

from adminops.feature import Feature

feature = Feature(name="imports", title="Imports")
