"""The API for programs: tokens of persons, what features offer under /api/v1, its document, and answers given once.

A feature declares a `Route` with the shapes of what comes in and goes out. The same shapes check what is sent and
stand in the document, so the two can't differ.
"""

from datetime import timedelta

from adminops.api.once import forget_answers
from adminops.api.views import blueprint
from adminops.feature import Feature, Job

feature = Feature(
    name="api",
    title="API",
    blueprints=(blueprint,),
    jobs=(
        Job(
            name="forget-answers",
            title="Forget the answers kept for programs that ask twice",
            run=forget_answers,
            every=timedelta(hours=1),
        ),
    ),
)
