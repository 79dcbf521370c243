"""Where a raw was read that came by stream, and how far each stream has been read."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0003'
down_revision: str | None = '0002'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
STREAMED, EMBEDDED = sa.text('origin IS NOT NULL'), sa.text('origin IS NULL')


def upgrade() -> None:
    """Go forward."""
    op.create_table('stream_offset',
    sa.Column('topic', sa.String(length=255), nullable=False),
    sa.Column('partition', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('next_offset', BIG, nullable=False),
    sa.PrimaryKeyConstraint('topic', 'partition')
    )
    op.add_column('raw', sa.Column('origin', sa.String(length=300), nullable=True))
    op.create_index('raw_origin', 'raw', ['origin'], unique=True, sqlite_where=STREAMED, postgresql_where=STREAMED)
    op.create_index('raw_embedded', 'raw', ['id'], sqlite_where=EMBEDDED, postgresql_where=EMBEDDED)


def downgrade() -> None:
    """Go back."""
    op.drop_index('raw_embedded', 'raw')
    op.drop_index('raw_origin', 'raw')
    op.drop_column('raw', 'origin')
    op.drop_table('stream_offset')
