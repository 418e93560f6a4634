"""Clients."""

from adminops.feature import Feature

feature = Feature(name="clients", title="Clients")
