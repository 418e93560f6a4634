"""System."""

from adminops.feature import Feature

feature = Feature(name="system", title="System")
