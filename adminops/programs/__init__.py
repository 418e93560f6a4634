"""Programs and funding."""

from adminops.feature import Feature

feature = Feature(name="programs", title="Programs and funding")
