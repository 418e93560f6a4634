"""The import of the demo: a file of the old desk that was tried, and is not taken over yet."""

from adminops.identity.models import User
from tickets.importing import operations
from tickets.importing.jobs import judged_of

FILE = """Ticket#;Title;State;Priority;Created;Closed;Customer;Owner;Tags;Body
20411;APR upload is refused;closed successful;3 high;02/11/2025 09:12;02/12/2025 15:40;pat@oldmail.example.org;;apr;It says the file has the wrong year.
20412;Two records of one person;open;2 normal;03/02/2025 13:05;;lee@oldmail.example.org;;merge;The older one is right. I send the IDs.
20413;New intake worker starts Monday;pending reminder;2 normal;soon;;lee@oldmail.example.org;;;Please make an account.
;Bed list shows yesterday;open;2 normal;03/04/2025 08:30;;pat@oldmail.example.org;;beds;It is right after signing in again.
20415;Exit dates on the weekly report;merged;1 low;03/05/2025 16:22;03/06/2025 10:00;pat@oldmail.example.org;;report;They are one day early.
"""  # noqa: E501 - lines of a file


def show_import(by: User) -> None:
    """Upload the file and try it, as an administrator would."""
    record = operations.upload(FILE.encode(), name="tickets of the old desk.csv", by=by)
    said = operations.guessed(operations.content(record))
    operations.map_columns(record, {**said, "source": "Old help desk"}, by=by)
    operations.keep_trial(record, judged_of(record), set(), by=by)
