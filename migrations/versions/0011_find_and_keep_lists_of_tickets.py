"""Find tickets by their words, keep views of them, and tag them."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

WORD = re.compile(r"[^\W_]+")
SQLITE = (
    # The words are cut and folded by the application: every sign that is no blank belongs to one.
    "CREATE VIRTUAL TABLE ticket_fts USING fts5(said, noted, tokenize = 'ascii', prefix = '3')",
)
POSTGRESQL = (
    "CREATE TABLE ticket_fts (ticket_id integer NOT NULL CONSTRAINT pk_ticket_fts PRIMARY KEY"
    " CONSTRAINT fk_ticket_fts_ticket_id REFERENCES ticket (id) ON DELETE CASCADE,"
    " said tsvector NOT NULL, told tsvector NOT NULL)",
    "CREATE INDEX ix_ticket_fts_said ON ticket_fts USING gin (said)",
    "CREATE INDEX ix_ticket_fts_told ON ticket_fts USING gin (told)",
)


def upgrade() -> None:
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        connection.exec_driver_sql(statement)
    _fill(connection, is_sqlite)
    _keep_views_and_tags()


def downgrade() -> None:
    op.drop_index('ix_ticket_agency_id_ticket_updated_at_ticket_id', table_name='ticket')
    for table in ('ticket_tagging', 'ticket_tag', 'ticket_view', 'ticket_fts'):
        op.drop_table(table)


def _keep_views_and_tags() -> None:
    op.create_table('ticket_view',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('sorting', sa.String(length=60), nullable=False),
    sa.Column('columns', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('is_shared', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['app_user.id'], name=op.f('fk_ticket_view_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_view')),
    sa.UniqueConstraint('owner_id', 'name', name=op.f('uq_ticket_view_owner_id_name'))
    )
    with op.batch_alter_table('ticket_view', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_view_is_shared'), ['is_shared'], unique=False)
    op.create_table('ticket_tag',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_tag')),
    sa.UniqueConstraint('name', name=op.f('uq_ticket_tag_name'))
    )
    op.create_table('ticket_tagging',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('tag_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tag_id'], ['ticket_tag.id'], name=op.f('fk_ticket_tagging_tag_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_tagging_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_tagging')),
    sa.UniqueConstraint('ticket_id', 'tag_id', name=op.f('uq_ticket_tagging_ticket_id_tag_id'))
    )
    with op.batch_alter_table('ticket_tagging', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_tagging_tag_id_ticket_tagging_ticket_id'), ['tag_id', 'ticket_id'], unique=False)
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f('ix_ticket_agency_id_ticket_updated_at_ticket_id'), ['agency_id', 'updated_at', 'id'], unique=False
        )


def _fill(connection: sa.Connection, is_sqlite: bool) -> None:
    """Keep the words of the tickets there are, as the application does for those to come."""
    tickets = connection.execute(sa.text("SELECT id, subject FROM ticket ORDER BY id")).all()
    written = sa.text("SELECT voice, body FROM ticket_message WHERE ticket_id = :id ORDER BY id")
    for id_, subject in tickets:
        said, noted = [str(id_), *_words(subject)], []
        for voice, body in connection.execute(written, {"id": id_}):
            (noted if voice == "note" else said).extend(_words(body))
        if is_sqlite:
            kept = "INSERT INTO ticket_fts (rowid, said, noted) VALUES (:id, :said, :more)"
            values = {"id": id_, "said": " ".join(said), "more": " ".join(noted)}
        else:
            kept = "INSERT INTO ticket_fts VALUES (:id, CAST(:said AS tsvector), CAST(:more AS tsvector))"
            values = {"id": id_, "said": _vector(said), "more": _vector([*said, *noted])}
        connection.execute(sa.text(kept), values)


def _words(said: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", said.casefold())
    plain = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return [word[:60] for word in WORD.findall(plain)]


def _vector(words: list[str]) -> str:
    return " ".join(f"{word}:{min(place, 16383)}" for place, word in enumerate(words[-60_000:], 1))
