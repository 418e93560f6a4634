"""Tickets for programs: what `adminops.api` offers under /api/v1, made of the same verbs and reads as the pages."""

from tickets.api.acts import ACTS
from tickets.api.asking import FILING
from tickets.api.reading import READING

ROUTES = (*READING, *FILING, *ACTS)

__all__ = ["ROUTES"]
