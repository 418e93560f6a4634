"""The pages of the help desk: the list, a ticket, and what people meet who need help."""

from tickets.absences import views as absences
from tickets.bulk import views as bulk
from tickets.cases.views import blueprint as vendor
from tickets.checklist import views as checklists
from tickets.columns import views as columns
from tickets.goals.views import blueprint as goals
from tickets.importing.views import blueprint as ticket_imports
from tickets.insights import time_views
from tickets.insights.views import blueprint as insights
from tickets.mail.views import blueprint as mail_in
from tickets.notices.views import blueprint as notices
from tickets.problems.views import blueprint as problems
from tickets.projects import views as projects
from tickets.queues import views as queues
from tickets.resolving import views as resolving
from tickets.silence import views as silence
from tickets.spent import views as spent
from tickets.survey.views import blueprint as survey
from tickets.views import (
    calls,
    canned,
    deciding,
    desk,
    files,
    merging,
    portal,
    requester,
    saved,
    sending,
    sharing,
    tags,
    telling,
    ticket,
    types,
)
from tickets.webhooks.views import blueprint as webhooks

blueprints = (
    desk.blueprint,
    portal.blueprint,
    types.blueprint,
    canned.blueprint,
    goals,
    insights,
    mail_in,
    notices,
    problems,
    vendor,
    survey,
    ticket_imports,
    webhooks,
)

__all__ = [
    "absences",
    "blueprints",
    "bulk",
    "calls",
    "canned",
    "checklists",
    "columns",
    "deciding",
    "files",
    "merging",
    "projects",
    "queues",
    "requester",
    "resolving",
    "saved",
    "sending",
    "sharing",
    "silence",
    "spent",
    "tags",
    "telling",
    "ticket",
    "time_views",
]
