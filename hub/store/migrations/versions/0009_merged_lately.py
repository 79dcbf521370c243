"""Notices that are said with another one are found by when that was."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0009'
down_revision: str | None = '0008'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MERGED = sa.text('merged_into IS NOT NULL')


def upgrade() -> None:
    """Go forward."""
    op.create_index(
        'notice_merged_lately', 'notice', ['settled_at'],
        sqlite_where=MERGED, postgresql_where=MERGED,
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index('notice_merged_lately', table_name='notice')
