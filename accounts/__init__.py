"""Accounts."""

from adminops.feature import Feature

feature = Feature(name="accounts", title="Accounts")
