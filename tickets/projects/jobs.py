"""What the clock does to projects: those whose parts are done are taken up, and owners hear that the day comes."""

from datetime import timedelta

from adminops.feature import Job
from adminops.identity.models import SYSTEM
from tickets.notices.telling import mail_quietly
from tickets.operations import set_open
from tickets.projects.queries import coming, get_project, office_day, with_all_parts_done

BATCH = 200
AHEAD = timedelta(days=7)


def take_up_finished() -> None:
    """Open projects whose parts are all done: somebody has to tell who asked. Their owners get a mail."""
    for ticket in with_all_parts_done(BATCH):
        set_open(ticket, by=SYSTEM)
        mail_quietly("tickets.project", to=get_project(ticket).owner, about=ticket, done=1)


def tell_of_days() -> None:
    """Tell owners once that the day of a project is a week away (or less, or over)."""
    for project in coming(office_day() + AHEAD, BATCH):
        project.told = True
        mail_quietly("tickets.project", to=project.owner, about=project.ticket, done=0, day=project.due_on.toordinal())


JOBS = (
    Job(
        name="projects-finished",
        title="Take up projects whose parts are done",
        run=take_up_finished,
        every=timedelta(minutes=5),
    ),
    Job(
        name="projects-due",
        title="Tell owners of projects that the day comes",
        run=tell_of_days,
        every=timedelta(hours=1),
    ),
)
