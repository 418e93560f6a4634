"""Duplicates."""

from adminops.feature import Feature

feature = Feature(name="dedupe", title="Duplicates")
