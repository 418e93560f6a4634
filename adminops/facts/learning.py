"""Facts about training and manuals."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact


@dataclass(frozen=True, kw_only=True)
class CourseFact(Fact):
    """Something about a course."""

    about_kind: ClassVar[str] = "course"
    about_field: ClassVar[str] = "course_id"
    says: ClassVar[str] = "changed course {course_id}"
    course_id: int


@dataclass(frozen=True, kw_only=True)
class CourseSaved(CourseFact):
    """A course was written or changed."""

    says: ClassVar[str] = "saved course {course_id}"


@dataclass(frozen=True, kw_only=True)
class CoursePublished(CourseFact):
    """A course can be seen by learners."""

    says: ClassVar[str] = "published course {course_id}"


@dataclass(frozen=True, kw_only=True)
class CourseRetired(CourseFact):
    """A course is no longer offered; what was completed stays."""

    says: ClassVar[str] = "retired course {course_id}"


@dataclass(frozen=True, kw_only=True)
class OfferingFact(Fact):
    """Something about a dated class of a course."""

    about_kind: ClassVar[str] = "offering"
    about_field: ClassVar[str] = "offering_id"
    says: ClassVar[str] = "changed class {offering_id}"
    offering_id: int


@dataclass(frozen=True, kw_only=True)
class OfferingScheduled(OfferingFact):
    """A class was given a date."""

    says: ClassVar[str] = "scheduled class {offering_id}"


@dataclass(frozen=True, kw_only=True)
class OfferingChanged(OfferingFact):
    """A class has another time, place, trainer or number of seats; `changed` names the fields."""

    says: ClassVar[str] = "changed class {offering_id}: {changed}"
    changed: str


@dataclass(frozen=True, kw_only=True)
class OfferingCancelled(OfferingFact):
    """A class was called off."""

    says: ClassVar[str] = "cancelled class {offering_id}"


@dataclass(frozen=True, kw_only=True)
class LearnerFact(OfferingFact):
    """Something about one learner in a class."""

    learner_id: int


@dataclass(frozen=True, kw_only=True)
class ClassJoined(LearnerFact):
    """A learner has a seat."""

    says: ClassVar[str] = "signed user {learner_id} up for class {offering_id}"


@dataclass(frozen=True, kw_only=True)
class WaitingListJoined(LearnerFact):
    """A class was full: a learner waits for a seat."""

    says: ClassVar[str] = "put user {learner_id} on the waiting list of class {offering_id}"


@dataclass(frozen=True, kw_only=True)
class SeatGiven(LearnerFact):
    """A seat became free and the first who waited has it."""

    says: ClassVar[str] = "gave user {learner_id} a free seat in class {offering_id}"


@dataclass(frozen=True, kw_only=True)
class ClassLeft(LearnerFact):
    """A learner gave the place back."""

    says: ClassVar[str] = "took user {learner_id} out of class {offering_id}"


@dataclass(frozen=True, kw_only=True)
class AttendanceMarked(LearnerFact):
    """The trainer marked a learner as attended or absent, or took the mark back ("joined")."""

    says: ClassVar[str] = "marked user {learner_id} as {attendance} in class {offering_id}"
    attendance: str


@dataclass(frozen=True, kw_only=True)
class CourseCompleted(CourseFact):
    """A learner completed a course."""

    says: ClassVar[str] = "recorded that user {learner_id} completed course {course_id}"
    learner_id: int
    completion_id: int


@dataclass(frozen=True, kw_only=True)
class CompletionWithdrawn(CourseFact):
    """A completion recorded by mistake was withdrawn."""

    says: ClassVar[str] = "withdrew the completion of course {course_id} by user {learner_id}"
    learner_id: int
    completion_id: int


@dataclass(frozen=True, kw_only=True)
class PageFact(Fact):
    """Something about a page of the manuals."""

    about_kind: ClassVar[str] = "manual_page"
    about_field: ClassVar[str] = "page_id"
    says: ClassVar[str] = "changed manual page {page_id}"
    page_id: int


@dataclass(frozen=True, kw_only=True)
class PageDrafted(PageFact):
    """A draft was saved."""

    says: ClassVar[str] = "saved a draft of manual page {page_id}"


@dataclass(frozen=True, kw_only=True)
class PagePublished(PageFact):
    """A draft became what readers see; `revision` counts from 1."""

    says: ClassVar[str] = "published revision {revision} of manual page {page_id}"
    revision: int


@dataclass(frozen=True, kw_only=True)
class PageRetired(PageFact):
    """A page was taken out of the manuals."""

    says: ClassVar[str] = "retired manual page {page_id}"
