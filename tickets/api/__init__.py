"""Tickets for programs: what `adminops.api` offers under /api/v1, made of the same verbs and reads as the pages."""

from tickets.api import joining as joining  # offers further acts
from tickets.api.acts import ACTS
from tickets.api.asking import FILING
from tickets.api.beside import BESIDE
from tickets.api.many import MANY
from tickets.api.reading import READING

ROUTES = (*READING, *BESIDE, *FILING, *ACTS, *MANY)

__all__ = ["ROUTES"]
