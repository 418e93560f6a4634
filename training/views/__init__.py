"""The pages of training."""

from training.views import classes, courses, records, roster
from training.views.front import blueprint

__all__ = ["blueprint", "classes", "courses", "records", "roster"]
