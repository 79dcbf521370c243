"""Reports of providers are found by what they say and when they came."""

from collections.abc import Sequence

from alembic import op

revision: str = '0008'
down_revision: str | None = '0007'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_index('receipt_lately', 'receipt', ['what', 'received_at'])


def downgrade() -> None:
    """Go back."""
    op.drop_index('receipt_lately', table_name='receipt')
