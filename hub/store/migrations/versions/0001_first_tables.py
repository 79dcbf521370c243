"""The tables of the first version."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hub.store.columns import UtcTime

revision: str = '0001'
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table('attempt',
    sa.Column('notice_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('n', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('started_at', UtcTime(), nullable=False),
    sa.Column('handing_at', UtcTime(), nullable=True),
    sa.Column('ended_at', UtcTime(), nullable=True),
    sa.Column('outcome', sa.String(length=16), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('notice_id', 'n')
    )
    op.create_table('belief',
    sa.Column('order_id', sa.String(length=255), nullable=False),
    sa.Column('shop', sa.String(length=255), nullable=False),
    sa.Column('external_id', sa.String(length=255), nullable=False),
    sa.Column('number', sa.String(length=255), nullable=False),
    sa.Column('contact_id', sa.String(length=255), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('as_of', UtcTime(), nullable=False),
    sa.Column('due_at', UtcTime(), nullable=True),
    sa.Column('snapshot', sa.Text(), nullable=False),
    sa.Column('milestones', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('order_id'),
    sa.UniqueConstraint('shop', 'external_id', name='belief_order')
    )
    with op.batch_alter_table('belief', schema=None) as batch_op:
        batch_op.create_index('belief_contact', ['contact_id'], unique=False)
        batch_op.create_index('belief_due', ['due_at'], unique=False)
        batch_op.create_index('belief_number', ['number', 'shop'], unique=False)
        batch_op.create_index('belief_updated', ['as_of', 'order_id'], unique=False)

    op.create_table('contact',
    sa.Column('id', sa.String(length=255), nullable=False),
    sa.Column('shop', sa.String(length=255), nullable=False),
    sa.Column('customer', sa.String(length=255), nullable=False),
    sa.Column('stated_at', UtcTime(), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('email', sa.String(length=320), nullable=True),
    sa.Column('phone', sa.String(length=32), nullable=True),
    sa.Column('language', sa.String(length=35), nullable=True),
    sa.Column('country', sa.String(length=2), nullable=True),
    sa.Column('street', sa.Text(), nullable=True),
    sa.Column('postal_code', sa.String(length=32), nullable=True),
    sa.Column('city', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('shop', 'customer', name='contact_customer')
    )
    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.create_index('contact_email', ['email'], unique=False)
        batch_op.create_index('contact_phone', ['phone'], unique=False)

    op.create_table('cursor',
    sa.Column('reader', sa.String(length=255), nullable=False),
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('reader')
    )
    op.create_table('inbox',
    sa.Column('raw_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('connector', sa.String(length=255), nullable=False),
    sa.Column('source', sa.String(length=255), nullable=False),
    sa.Column('delivery_key', sa.String(length=255), nullable=False),
    sa.Column('body_sha256', sa.String(length=64), nullable=False),
    sa.Column('received_at', UtcTime(), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('facts', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('raw_id'),
    sa.UniqueConstraint('connector', 'source', 'delivery_key', name='inbox_delivery')
    )
    with op.batch_alter_table('inbox', schema=None) as batch_op:
        batch_op.create_index('inbox_outcome', ['outcome'], unique=False)

    op.create_table('mail',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('message_id', sa.String(length=255), nullable=False),
    sa.Column('stored_at', UtcTime(), nullable=False),
    sa.Column('message', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('message_id')
    )
    op.create_table('notice',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('outbox_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.String(length=255), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('milestone', sa.String(length=32), nullable=False),
    sa.Column('revision', sa.String(length=255), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('recipient', sa.String(length=255), nullable=False),
    sa.Column('language', sa.String(length=35), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_at', UtcTime(), nullable=False),
    sa.Column('lease_until', UtcTime(), nullable=True),
    sa.Column('received_at', UtcTime(), nullable=False),
    sa.Column('settled_at', UtcTime(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('order_id', 'subject', 'milestone', 'revision', 'channel', 'recipient', name='notice_once')
    )
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.create_index('notice_due', ['state', 'next_at'], unique=False)
        batch_op.create_index('notice_outbox', ['outbox_id'], unique=False)

    op.create_table('open_line',
    sa.Column('sku', sa.String(length=255), nullable=False),
    sa.Column('order_id', sa.String(length=255), nullable=False),
    sa.Column('shop', sa.String(length=255), nullable=False),
    sa.PrimaryKeyConstraint('sku', 'order_id')
    )
    with op.batch_alter_table('open_line', schema=None) as batch_op:
        batch_op.create_index('open_line_order', ['order_id'], unique=False)

    op.create_table('outbox',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('order_id', sa.String(length=255), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('milestone', sa.String(length=32), nullable=False),
    sa.Column('revision', sa.String(length=255), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('occurred_at', UtcTime(), nullable=False),
    sa.Column('received_at', UtcTime(), nullable=False),
    sa.Column('silent', sa.String(length=255), nullable=True),
    sa.Column('change', sa.Text(), nullable=False),
    sa.Column('planned_at', UtcTime(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('order_id', 'subject', 'milestone', 'revision', name='outbox_milestone')
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index('outbox_unplanned', ['planned_at', 'id'], unique=False)

    op.create_table('parcel',
    sa.Column('number', sa.String(length=255), nullable=False),
    sa.Column('order_id', sa.String(length=255), nullable=False),
    sa.Column('carrier', sa.String(length=255), nullable=True),
    sa.Column('since', UtcTime(), nullable=False),
    sa.PrimaryKeyConstraint('number', 'order_id')
    )
    with op.batch_alter_table('parcel', schema=None) as batch_op:
        batch_op.create_index('parcel_order', ['order_id'], unique=False)

    op.create_table('parked',
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('fact_id', sa.String(length=255), nullable=False),
    sa.Column('raw_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source', sa.String(length=255), nullable=False),
    sa.Column('received_at', UtcTime(), nullable=False),
    sa.Column('fact', sa.Text(), nullable=False),
    sa.Column('contact', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('key', 'fact_id')
    )
    with op.batch_alter_table('parked', schema=None) as batch_op:
        batch_op.create_index('parked_raw', ['raw_id'], unique=False)

    op.create_table('quarantine',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('raw_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('connector', sa.String(length=255), nullable=False),
    sa.Column('source', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('code', sa.String(length=255), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('about', sa.String(length=255), nullable=False),
    sa.Column('received_at', UtcTime(), nullable=False),
    sa.Column('released_at', UtcTime(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('quarantine', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_quarantine_raw_id'), ['raw_id'], unique=False)
        batch_op.create_index('quarantine_open', ['released_at', 'connector', 'code'], unique=False)

    op.create_table('raw',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('connector', sa.String(length=255), nullable=False),
    sa.Column('source', sa.String(length=255), nullable=False),
    sa.Column('received_at', UtcTime(), nullable=False),
    sa.Column('headers', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sqlite_autoincrement=True
    )
    op.create_table('stock',
    sa.Column('sku', sa.String(length=255), nullable=False),
    sa.Column('location', sa.String(length=255), nullable=False),
    sa.Column('shop', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.String(length=255), nullable=False),
    sa.Column('occurred_at', UtcTime(), nullable=False),
    sa.Column('fact_id', sa.String(length=255), nullable=False),
    sa.Column('raw_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source', sa.String(length=255), nullable=False),
    sa.Column('received_at', UtcTime(), nullable=False),
    sa.Column('fact', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('sku', 'location', 'shop', 'kind')
    )
    op.create_table('timeline',
    sa.Column('order_id', sa.String(length=255), nullable=False),
    sa.Column('fact_id', sa.String(length=255), nullable=False),
    sa.Column('raw_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source', sa.String(length=255), nullable=False),
    sa.Column('occurred_at', UtcTime(), nullable=False),
    sa.Column('received_at', UtcTime(), nullable=False),
    sa.Column('fact', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('order_id', 'fact_id')
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table('timeline')
    op.drop_table('stock')
    op.drop_table('raw')
    with op.batch_alter_table('quarantine', schema=None) as batch_op:
        batch_op.drop_index('quarantine_open')
        batch_op.drop_index(batch_op.f('ix_quarantine_raw_id'))

    op.drop_table('quarantine')
    with op.batch_alter_table('parked', schema=None) as batch_op:
        batch_op.drop_index('parked_raw')

    op.drop_table('parked')
    with op.batch_alter_table('parcel', schema=None) as batch_op:
        batch_op.drop_index('parcel_order')

    op.drop_table('parcel')
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index('outbox_unplanned')

    op.drop_table('outbox')
    with op.batch_alter_table('open_line', schema=None) as batch_op:
        batch_op.drop_index('open_line_order')

    op.drop_table('open_line')
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.drop_index('notice_outbox')
        batch_op.drop_index('notice_due')

    op.drop_table('notice')
    op.drop_table('mail')
    with op.batch_alter_table('inbox', schema=None) as batch_op:
        batch_op.drop_index('inbox_outcome')

    op.drop_table('inbox')
    op.drop_table('cursor')
    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.drop_index('contact_phone')
        batch_op.drop_index('contact_email')

    op.drop_table('contact')
    with op.batch_alter_table('belief', schema=None) as batch_op:
        batch_op.drop_index('belief_updated')
        batch_op.drop_index('belief_number')
        batch_op.drop_index('belief_due')
        batch_op.drop_index('belief_contact')

    op.drop_table('belief')
    op.drop_table('attempt')
