"""Add calendars, policies and the events that clocks hear of; read those of the past off the audit trail."""

from itertools import groupby

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
VERSIONS = {"policy_version_id": "goal_policy_version", "calendar_version_id": "goal_calendar_version"}
#: Hours that were promised before there were policies, by request type.
PROMISED = {"locked_out": 8, "staff_change": 16, "data_correction": 45, "program": 80}
HEARD = ("TicketFiled", "TicketMoved", "TicketReplied", "TicketPrioritised")


def upgrade() -> None:
    op.create_table('goal_calendar',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_goal_calendar')),
    sa.UniqueConstraint('name', name=op.f('uq_goal_calendar_name'))
    )
    op.create_table('goal_policy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_goal_policy')),
    sa.UniqueConstraint('key', name=op.f('uq_goal_policy_key')),
    sa.UniqueConstraint('name', name=op.f('uq_goal_policy_name'))
    )
    op.create_table('goal_calendar_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('calendar_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('zone', sa.String(length=60), nullable=False),
    sa.Column('hours', JSON, nullable=False),
    sa.Column('region', sa.String(length=60), nullable=False),
    sa.Column('days_off', JSON, nullable=False),
    sa.Column('worked', JSON, nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('saved_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['calendar_id'], ['goal_calendar.id'], name=op.f('fk_goal_calendar_version_calendar_id')),
    sa.ForeignKeyConstraint(['saved_by_id'], ['app_user.id'], name=op.f('fk_goal_calendar_version_saved_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_goal_calendar_version')),
    sa.UniqueConstraint('calendar_id', 'number', name=op.f('uq_goal_calendar_version_calendar_id_number'))
    )
    op.create_table('goal_policy_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('policy_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('calendar_id', sa.Integer(), nullable=False),
    sa.Column('targets', JSON, nullable=False),
    sa.Column('pauses', JSON, nullable=False),
    sa.Column('steps', JSON, nullable=False),
    sa.Column('request_types', JSON, nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('saved_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['calendar_id'], ['goal_calendar.id'], name=op.f('fk_goal_policy_version_calendar_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['goal_policy.id'], name=op.f('fk_goal_policy_version_policy_id')),
    sa.ForeignKeyConstraint(['saved_by_id'], ['app_user.id'], name=op.f('fk_goal_policy_version_saved_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_goal_policy_version')),
    sa.UniqueConstraint('policy_id', 'number', name=op.f('uq_goal_policy_version_policy_id_number'))
    )
    op.create_table('ticket_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('happening', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('waiting_on', sa.String(length=40), nullable=True),
    sa.Column('priority', sa.String(length=40), nullable=False),
    sa.Column('promised', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_event_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_event'))
    )
    op.create_index('ix_ticket_event_ticket_id', 'ticket_event', ['ticket_id'], unique=False)

    _add_columns_to_tickets()
    _tell_the_past()


def _add_columns_to_tickets() -> None:
    # One by one: SQLite would write the whole table anew in a batch, and others refer to it.
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table in VERSIONS.items():
        if on_sqlite:
            op.execute(f"ALTER TABLE ticket ADD COLUMN {name} INTEGER CONSTRAINT fk_ticket_{name} REFERENCES {table} (id)")
        else:
            op.add_column("ticket", sa.Column(name, sa.Integer(), nullable=True))
            op.create_foreign_key(f"fk_ticket_{name}", "ticket", table, [name], ["id"])
    op.add_column("ticket", sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ticket", sa.Column("warned", JSON, server_default=sa.text("'[]'"), nullable=False))
    op.create_index("ix_ticket_is_open_ticket_calendar_version_id", "ticket", ["is_open", "calendar_version_id"])
    op.create_index("ix_ticket_next_step_at", "ticket", ["next_step_at"])
    op.drop_column("ticket", "minutes_left")


def _tell_the_past() -> None:
    """Write the events of tickets that are there; a job counts their clocks by them."""
    connection = op.get_bind()
    metadata = sa.MetaData()
    metadata.reflect(connection, only=("ticket", "ticket_message", "ticket_event", "audit_entry"))
    ticket, message = metadata.tables["ticket"], metadata.tables["ticket_message"]
    event, entry = metadata.tables["ticket_event"], metadata.tables["audit_entry"]
    heard = (
        sa.select(ticket.c.id, ticket.c.request_type, ticket.c.priority, entry.c.at, entry.c.fact, entry.c.detail)
        .join(entry, sa.and_(entry.c.about_kind == "ticket", entry.c.about_id == sa.cast(ticket.c.id, sa.String)))
        .where(entry.c.fact.in_(HEARD))
        .order_by(ticket.c.id, entry.c.id)
    )
    voices = {row.id: row.voice for row in connection.execute(sa.select(message.c.id, message.c.voice))}
    for _, facts in groupby(connection.execute(heard).all(), key=lambda row: row.id):
        connection.execute(event.insert(), _events(list(facts), voices))


def _events(facts: list[sa.Row], voices: dict[int, str]) -> list[dict[str, object]]:
    """Return the events that the facts about one ticket tell of."""
    changes = [fact.detail["old"] for fact in facts if fact.fact == "TicketPrioritised"]
    state, waiting_on, priority = "new", None, changes[0] if changes else facts[0].priority
    events = []
    for fact in facts:
        happening = "filed"
        if fact.fact == "TicketMoved":
            happening, state, waiting_on = "moved", fact.detail["new"], fact.detail["waiting_on"] or None
        elif fact.fact == "TicketPrioritised":
            happening, priority = "prioritised", fact.detail["new"]
        elif fact.fact == "TicketReplied":
            happening = "answered" if voices.get(fact.detail["message_id"]) == "team" else "asked"
        promised = PROMISED.get(fact.request_type, 40) * 60 if happening == "filed" else 0
        events.append(
            {
                "ticket_id": fact.id,
                "at": fact.at,
                "happening": happening,
                "state": state,
                "waiting_on": waiting_on,
                "priority": priority,
                "promised": promised,
            }
        )
    return events


def downgrade() -> None:
    op.add_column("ticket", sa.Column("minutes_left", sa.Integer(), nullable=True))
    op.drop_index("ix_ticket_next_step_at", table_name="ticket")
    op.drop_index("ix_ticket_is_open_ticket_calendar_version_id", table_name="ticket")
    for name in ("warned", "next_step_at", *VERSIONS):
        op.drop_column("ticket", name)
    for table in ("ticket_event", "goal_policy_version", "goal_calendar_version", "goal_policy", "goal_calendar"):
        op.drop_table(table)
