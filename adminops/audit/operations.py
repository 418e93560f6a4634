"""The verb of the trail: entries are taken out of the house, which is an entry, too."""

import io

from adminops.audit import exporting, queries
from adminops.audit.queries import AuditFilter
from adminops.errors import Invalid, NotAllowed
from adminops.facts import publish
from adminops.facts.running import AuditExported
from adminops.identity.models import User
from adminops.identity.permissions import Permission

MOST = 50_000
"""Entries in a file that a page gives; the command has no such limit."""


def export_trail(wanted: AuditFilter, *, as_lines: bool, by: User) -> io.BytesIO:
    """Return the entries that `wanted` describes as a file: CSV, or a JSON object on each line.

    Raises `NotAllowed` (audit.read), `Invalid` for more than `MOST`, or days the wrong way round. Publishes
    `AuditExported`.
    """
    if not by.may(Permission.READ_AUDIT):
        raise NotAllowed("Your role does not include the audit trail.")
    if wanted.since and wanted.until and wanted.until < wanted.since:
        raise Invalid("The last day comes before the first one.", field="until")
    if queries.count_entries(wanted, most=MOST) > MOST:
        raise Invalid(
            f"These are more than {MOST:,} entries. Choose fewer days, or use `adminops audit export` on the server."
        )
    text = io.StringIO(newline="")
    number = (exporting.write_lines if as_lines else exporting.write_csv)(wanted, text)
    publish(AuditExported(user_id=by.id, entries=number, agency_id=by.agency_id), by=by)
    return io.BytesIO(text.getvalue().encode())
