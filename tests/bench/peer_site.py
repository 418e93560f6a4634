"""django-helpdesk as it is shipped, with the tickets of ours. Runs in an environment of its own (`./dev bench peer`).

`python -m tests.bench.peer_site FILE` makes the tables and takes the tickets of FILE over; gunicorn serves the rest.
"""

import json
import os
import sys
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

HOME = Path(os.environ["PEER_HOME"])
AGENT = "agent"
AT_ONCE = 2_000

SETTINGS: dict[str, Any] = {
    "SECRET_KEY": os.environ["PEER_PASSWORD"] * 3,
    "ALLOWED_HOSTS": ["*"],
    "ROOT_URLCONF": "tests.bench.peer_site",
    "INSTALLED_APPS": [
        *(f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "sessions", "sites", "messages")),
        "django.contrib.humanize",
        "django.contrib.staticfiles",
        "rest_framework",
        "helpdesk",
    ],
    "MIDDLEWARE": [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    *(f"django.contrib.{name}.context_processors.{name}" for name in ("auth", "messages")),
                    "django.template.context_processors.request",
                ]
            },
        }
    ],
    "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": HOME / "peer.sqlite"}},
    "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
    "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
    "LOGIN_URL": "helpdesk:login",
    "LOGIN_REDIRECT_URL": "helpdesk:home",
    "STATIC_URL": "/static/",
    "HELPDESK_TEAMS_MODE_ENABLED": False,  # they need one more package
    "SITE_ID": 1,
    "USE_TZ": True,
}
if not settings.configured:  # this module is looked up by its name, too, where it is the program
    settings.configure(**SETTINGS)
application = get_wsgi_application()
urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]


def take_over(file: Path) -> None:
    """Make the tables and store what `file` holds: a line of people and queues, then a line a ticket."""
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User
    from django.db import transaction
    from helpdesk.models import Queue

    call_command("migrate", verbosity=0)
    with file.open() as lines, transaction.atomic():
        first = json.loads(next(lines))
        Queue.objects.bulk_create(
            Queue(id=id_, title=name, slug=f"q{id_}", allow_public_submission=True) for id_, name in first["queues"]
        )
        for id_ in first["helpers"]:  # one by one: their settings are made as they are stored
            User.objects.create(id=id_, username=f"helper{id_}", email=f"helper{id_}@example.org", is_staff=True)
        password = make_password(os.environ["PEER_PASSWORD"])
        User.objects.create(username=AGENT, password=password, email="agent@example.org", is_staff=True)
        while rows := [json.loads(line) for line in islice(lines, AT_ONCE)]:
            _store(rows)


def _store(rows: list[dict[str, Any]]) -> None:
    from helpdesk.models import FollowUp, Ticket

    Ticket.objects.bulk_create(
        Ticket(
            id=row["id"],
            title=row["subject"],
            queue_id=row["queue"],
            created=datetime.fromisoformat(row["filed_at"]),
            submitter_email=row["requester"],
            assigned_to_id=row["assignee"],
            status=row["status"],
            description=row["messages"][0]["body"],
            priority=row["priority"],
        )
        for row in rows
    )
    FollowUp.objects.bulk_create(
        FollowUp(
            ticket_id=row["id"],
            date=datetime.fromisoformat(message["at"]),
            title="Comment",
            comment=message["body"],
            public=message["public"],
            user_id=message["author"],
        )
        for row in rows
        for message in row["messages"]
    )


if __name__ == "__main__":
    take_over(Path(sys.argv[1]))
