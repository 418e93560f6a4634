"""Somebody has lost their second step, app and codes: one of the team asks to have it taken away, another approves."""
