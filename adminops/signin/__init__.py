"""Signing in and out, one's own page and sessions, and the look of one's screens."""

from datetime import timedelta

from adminops.feature import Feature, Job
from adminops.signin import jobs
from adminops.signin.views import blueprint

feature = Feature(
    name="signin",
    title="Sign-in",
    blueprints=(blueprint,),
    jobs=(
        Job(
            name="forget-old-sessions",
            title="Forget old sessions and counted sign-in tries",
            run=jobs.tidy,
            every=timedelta(days=1),
        ),
    ),
)
