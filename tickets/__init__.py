"""Tickets."""

from adminops.feature import Feature

feature = Feature(name="tickets", title="Tickets")
