"""Enter changes in the HMIS by a sheet, and let leavers wait for their lead as any request does."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import adminops.db

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
OPEN = sa.text("finished_at IS NULL")
sheet = sa.table("setup_sheet", sa.column("id"), sa.column("purpose"))
tick = sa.table("setup_tick", sa.column("sheet_id"))
departure = sa.table(
    "account_departure",
    *(sa.column(name) for name in ("id", "account_id", "agency_id", "reason", "reported_by_id")),
    *(sa.column(name) for name in ("ticket_kind", "ticket_id")),
    *(sa.column(name, Moment) for name in ("leaves_at", "reported_at", "begun_at", "ended_at")),
)
request = sa.table(
    "account_request",
    *(sa.column(name) for name in ("id", "kind", "account_id", "agency_id", "ticket_kind", "ticket_id")),
    *(sa.column(name) for name in ("requester_id", "supervisor_id", "state", "trouble")),
    sa.column("wanted", Json),
    sa.column("asked_at", Moment),
    sa.column("moved_at", Moment),
)
gate = sa.table("account_gate", *(sa.column(name) for name in ("request_id", "kind", "state", "says")))


def upgrade() -> None:
    op.drop_index("uq_setup_sheet_account_id_open", "setup_sheet")
    with op.batch_alter_table("setup_sheet") as sheets:
        sheets.add_column(sa.Column("purpose", sa.String(40), nullable=False, server_default="opening"))
    with op.batch_alter_table("setup_sheet") as sheets:
        sheets.alter_column("purpose", server_default=None)
    op.create_index(
        "uq_setup_sheet_account_id_purpose_open",
        "setup_sheet",
        ["account_id", "purpose"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    _ask_for_those_who_wait()
    with op.batch_alter_table("account_departure") as departures:
        departures.drop_column("begun_at")


def _ask_for_those_who_wait() -> None:
    """Make requests of what a lead has not sent on yet: nothing has begun there."""
    waits = (departure.c.begun_at.is_(None), departure.c.ended_at.is_(None))
    connection = op.get_bind()
    for row in connection.execute(sa.select(departure).where(*waits, departure.c.ticket_id.is_not(None))).all():
        connection.execute(
            sa.insert(request).values(
                kind="leave",
                account_id=row.account_id,
                agency_id=row.agency_id,
                ticket_kind=row.ticket_kind,
                ticket_id=row.ticket_id,
                requester_id=row.reported_by_id,
                supervisor_id=row.reported_by_id,
                state="waiting",
                trouble="",
                wanted={"why": row.reason, "at": row.leaves_at.isoformat()},
                asked_at=row.reported_at,
                moved_at=row.reported_at,
            )
        )
        named = (request.c.ticket_kind == row.ticket_kind, request.c.ticket_id == row.ticket_id)
        number = connection.scalar(sa.select(request.c.id).where(*named))
        connection.execute(sa.insert(gate).values(request_id=number, kind="authority", state="open", says=""))
    connection.execute(sa.delete(departure).where(*waits))


def downgrade() -> None:
    """Keep the sheets of new accounts. Who waits for their lead is a request, and no departure yet."""
    with op.batch_alter_table("account_departure") as departures:
        departures.add_column(sa.Column("begun_at", Moment))
    op.execute(sa.update(departure).values(begun_at=departure.c.reported_at))
    changes = sa.select(sheet.c.id).where(sheet.c.purpose != "opening")
    op.execute(sa.delete(tick).where(tick.c.sheet_id.in_(changes)))
    op.execute(sa.delete(sheet).where(sheet.c.purpose != "opening"))
    op.drop_index("uq_setup_sheet_account_id_purpose_open", "setup_sheet")
    with op.batch_alter_table("setup_sheet") as sheets:
        sheets.drop_column("purpose")
    op.create_index(
        "uq_setup_sheet_account_id_open",
        "setup_sheet",
        ["account_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
