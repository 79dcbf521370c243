"""What providers call a message and report of it, closed addresses, counts, what tills fetch."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hub.store.columns import UtcTime

revision: str = '0004'
down_revision: str | None = '0003'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
KNOWN = sa.text('provider_ref IS NOT NULL')


def upgrade() -> None:
    """Go forward."""
    op.add_column('attempt', sa.Column('provider_ref', sa.String(length=255), nullable=True))
    op.create_index('attempt_reference', 'attempt', ['provider_ref'], sqlite_where=KNOWN, postgresql_where=KNOWN)
    op.create_table('receipt',
    sa.Column('provider', sa.String(length=255), nullable=False),
    sa.Column('event', sa.String(length=255), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('provider_ref', sa.String(length=255), nullable=False),
    sa.Column('what', sa.String(length=16), nullable=False),
    sa.Column('notice_id', BIG, nullable=True),
    sa.Column('n', sa.Integer(), nullable=True),
    sa.Column('at', UtcTime(), nullable=False),
    sa.Column('received_at', UtcTime(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('provider', 'event')
    )
    op.create_index('receipt_attempt', 'receipt', ['notice_id', 'n'])
    op.create_table('suppression',
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('address_hash', sa.String(length=64), nullable=False),
    sa.Column('why', sa.String(length=255), nullable=False),
    sa.Column('since', UtcTime(), nullable=False),
    sa.PrimaryKeyConstraint('channel', 'address_hash')
    )
    op.create_table('allowance',
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('whom', sa.String(length=64), nullable=False),
    sa.Column('sent', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('day', 'channel', 'whom')
    )
    op.create_table('feed',
    sa.Column('sink', sa.String(length=255), nullable=False),
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('stored_at', UtcTime(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('sink', 'position')
    )
    op.create_index('feed_message', 'feed', ['sink', 'message_id'], unique=True)
    op.create_table('feed_place',
    sa.Column('sink', sa.String(length=255), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('sink')
    )


def downgrade() -> None:
    """Go back."""
    for name in ('feed_place', 'feed', 'allowance', 'suppression', 'receipt'):
        op.drop_table(name)
    op.drop_index('attempt_reference', 'attempt')
    op.drop_column('attempt', 'provider_ref')
