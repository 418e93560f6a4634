"""Tickets for programs: what `adminops.api` offers under /api/v1, made of the same verbs and reads as the pages."""

from tickets.api import joining as joining  # these offer further acts and routes
from tickets.api import known as known
from tickets.api import later as later
from tickets.api import own as own
from tickets.api import planning as planning
from tickets.api import team as team
from tickets.api.acts import ACTS
from tickets.api.asking import FILING
from tickets.api.beside import BESIDE
from tickets.api.many import MANY
from tickets.api.offering import OFFERED
from tickets.api.reading import READING

ROUTES = (*READING, *BESIDE, *FILING, *ACTS, *MANY, *OFFERED)

__all__ = ["ROUTES"]
