"""Training."""

from adminops.feature import Feature

feature = Feature(name="training", title="Training")
