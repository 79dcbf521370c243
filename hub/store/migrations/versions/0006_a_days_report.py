"""Notices are found by the day their news reached us."""

from collections.abc import Sequence

from alembic import op

revision: str = '0006'
down_revision: str | None = '0005'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_index('notice_received', 'notice', ['received_at'])


def downgrade() -> None:
    """Go back."""
    op.drop_index('notice_received', table_name='notice')
