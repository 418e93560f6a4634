"""Codes that HUD has retired: right in the records of their time, and to be looked at in later ones.

What lasts (a project, a grant, an inventory) is of its time once it has ended; what happens is of the day it happened;
a stay of the day it began; and what has no date of its own of the day on which it was entered.
"""

from collections.abc import Sequence
from datetime import date

from adminops.hmis.intake.dates import read_date
from adminops.hmis.periods import DATED, VALID_DURING
from adminops.hmis.spec import FileSpec

ENDING = {"Project": "operating_end_date", **{file: last for file, (_, last) in VALID_DURING.items()}}
"""Files whose rows hold until a date; without one until further notice."""
HAPPENING = {"Enrollment": "entry_date", **DATED}
OTHERWISE = "date_created"


class History:
    """Knows of rows of one file whether they are older than a change of HUD's lists."""

    def __init__(self, file: FileSpec) -> None:
        dated = ENDING.get(file.name) or HAPPENING.get(file.name, OTHERWISE)
        places = [place for place, column in enumerate(file.columns) if column.attribute == dated]
        self._place = places[0] if places else None

    def is_before(self, change: date | None, columns: Sequence[Sequence[str]], place: int) -> bool:
        """Tell whether the row at `place` of our `columns` is of a time before the day `change`."""
        if change is None or self._place is None:
            return False
        found = read_date(columns[self._place][place].strip())
        return found is not None and found.moment.date() < change
