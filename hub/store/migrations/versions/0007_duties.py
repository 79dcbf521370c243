"""Work that one of several processes does at a time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hub.store.columns import UtcTime

revision: str = '0007'
down_revision: str | None = '0006'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table('duty',
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('holder', sa.String(length=64), nullable=False),
    sa.Column('until', UtcTime(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table('duty')
