"""What is to be planned and what is due are found in the order in which they go out."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0010'
down_revision: str | None = '0009'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = {
    'outbox_to_plan': ('outbox', ['id'], sa.text('planned_at IS NULL')),
    'notice_by_channel': ('notice', ['channel', 'next_at', 'id'], sa.text("state = 'due'")),
    'notice_by_system': (
        'notice', ['channel', 'recipient', 'next_at', 'id'], sa.text("state = 'due'")
    ),
}


def upgrade() -> None:
    """Go forward."""
    for name, (table, columns, those) in INDEXES.items():
        op.create_index(name, table, columns, sqlite_where=those, postgresql_where=those)


def downgrade() -> None:
    """Go back."""
    for name, (table, _, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
