"""What was accepted per source, what expired while parked, what was discarded and why, long jobs."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hub.store.columns import UtcTime

revision: str = '0002'
down_revision: str | None = '0001'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
# What was accepted before anybody counted: every raw has an inbox mark, or is still to be read.
COUNT = """
INSERT INTO accepted (connector, source, raws)
SELECT connector, source, count(*) FROM (
    SELECT connector, source, raw_id AS id FROM inbox
    UNION SELECT connector, source, id FROM raw
) AS known GROUP BY connector, source
"""


def upgrade() -> None:
    """Go forward."""
    op.create_table('accepted',
    sa.Column('connector', sa.String(length=255), nullable=False),
    sa.Column('source', sa.String(length=255), nullable=False),
    sa.Column('raws', BIG, nullable=False),
    sa.PrimaryKeyConstraint('connector', 'source')
    )
    op.create_table('job',
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('place', sa.String(length=255), nullable=False),
    sa.Column('sums', sa.Text(), nullable=False),
    sa.Column('begun_at', UtcTime(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.add_column('parked', sa.Column('expired_at', UtcTime(), nullable=True))
    op.create_index('parked_received', 'parked', ['expired_at', 'received_at'])
    op.add_column('quarantine', sa.Column('discarded_because', sa.Text(), nullable=True))
    op.create_index('timeline_raw', 'timeline', ['raw_id'])
    op.execute(COUNT)


def downgrade() -> None:
    """Go back."""
    op.drop_index('timeline_raw', 'timeline')
    op.drop_column('quarantine', 'discarded_because')
    op.drop_index('parked_received', 'parked')
    op.drop_column('parked', 'expired_at')
    op.drop_table('job')
    op.drop_table('accepted')
