"""Licenses: the seats that an agency has for its people, what they cost, and what was billed."""
