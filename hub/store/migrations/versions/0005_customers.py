"""Customers with their addresses, wishes and consents; notices that are kept back or merged."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hub.store.columns import UtcTime

revision: str = '0005'
down_revision: str | None = '0004'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
VERIFIED = sa.text('verified_at IS NOT NULL')


def upgrade() -> None:
    """Go forward."""
    op.create_table('customer',
    sa.Column('id', sa.String(length=255), nullable=False),
    sa.Column('joined_into', sa.String(length=255), nullable=True),
    sa.Column('language', sa.String(length=35), nullable=True),
    sa.Column('timezone', sa.String(length=64), nullable=True),
    sa.Column('quiet', sa.String(length=11), nullable=True),
    sa.Column('channels', sa.Text(), nullable=False),
    sa.Column('consents', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('changed_at', UtcTime(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_customer_joined_into', 'customer', ['joined_into'])
    op.create_table('customer_address',
    sa.Column('customer_id', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('address', sa.String(length=2048), nullable=False),
    sa.Column('stated_at', UtcTime(), nullable=False),
    sa.Column('verified_at', UtcTime(), nullable=True),
    sa.Column('disabled_at', UtcTime(), nullable=True),
    sa.Column('disabled_because', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('customer_id', 'kind', 'address')
    )
    op.create_index(
        'customer_address_verified', 'customer_address', ['kind', 'address'], unique=True,
        sqlite_where=VERIFIED, postgresql_where=VERIFIED,
    )
    op.create_table('consent',
    sa.Column('id', BIG, autoincrement=True, nullable=False),
    sa.Column('customer_id', sa.String(length=255), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('message_class', sa.String(length=16), nullable=False),
    sa.Column('given', sa.Boolean(), nullable=False),
    sa.Column('at', UtcTime(), nullable=False),
    sa.Column('source', sa.String(length=255), nullable=False),
    sa.Column('shop', sa.String(length=255), nullable=True),
    sa.Column('text_id', sa.String(length=255), nullable=True),
    sa.Column('text_hash', sa.String(length=64), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('consent_customer', 'consent', ['customer_id', 'id'])
    op.add_column('contact', sa.Column('customer_id', sa.String(length=255), nullable=True))
    _index_of_some('contact_customer_id', 'contact', 'customer_id')
    op.add_column('notice', sa.Column('not_before', UtcTime(), nullable=True))
    op.add_column('notice', sa.Column('merged_into', BIG, nullable=True))
    _index_of_some('notice_merged_into', 'notice', 'merged_into')


def _index_of_some(name: str, table: str, column: str) -> None:
    filled = sa.text(f'{column} IS NOT NULL')
    op.create_index(name, table, [column], sqlite_where=filled, postgresql_where=filled)


def downgrade() -> None:
    """Go back."""
    op.drop_index('notice_merged_into', 'notice')
    op.drop_column('notice', 'merged_into')
    op.drop_column('notice', 'not_before')
    op.drop_index('contact_customer_id', 'contact')
    op.drop_column('contact', 'customer_id')
    op.drop_table('consent')
    op.drop_table('customer_address')
    op.drop_table('customer')
