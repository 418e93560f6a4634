"""Absences: who of the team is away, from when until when, and who stands in."""
