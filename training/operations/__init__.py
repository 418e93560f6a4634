"""The verbs of training, by subject."""

from training.operations.attendance import mark_all_attended, mark_attendance
from training.operations.classes import cancel_offering, change_offering, schedule_offering
from training.operations.courses import publish_course, retire_course, save_course, write_course
from training.operations.seats import join_class, leave_class, sign_up_somebody, take_out

__all__ = [
    "cancel_offering",
    "change_offering",
    "join_class",
    "leave_class",
    "mark_all_attended",
    "mark_attendance",
    "publish_course",
    "retire_course",
    "save_course",
    "schedule_offering",
    "sign_up_somebody",
    "take_out",
    "write_course",
]
