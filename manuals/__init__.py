"""Manuals."""

from adminops.feature import Feature

feature = Feature(name="manuals", title="Manuals")
