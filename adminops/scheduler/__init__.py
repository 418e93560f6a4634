"""The scheduler: runs the features' jobs by the clock, each once in its slot, however many processes there are.

APScheduler is the clock only. One leader at a time runs jobs: it holds a lock of PostgreSQL's session, or a lease on
SQLite. A row for job and slot is stored with the job's effects, so that a leader that was frozen and woke up too late
stores nothing.
"""

from adminops.scheduler.clockwork import Scheduler, find_job, jobs_of, start_scheduler
from adminops.scheduler.models import JobOrder, JobRun, Lease, RunState
from adminops.scheduler.operations import ask_for_job
from adminops.scheduler.runs import Ran, run_in_slot, run_job, slot_of

__all__ = [
    "JobOrder",
    "JobRun",
    "Lease",
    "Ran",
    "RunState",
    "Scheduler",
    "ask_for_job",
    "find_job",
    "jobs_of",
    "run_in_slot",
    "run_job",
    "slot_of",
    "start_scheduler",
]
