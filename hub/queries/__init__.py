"""The only reader: what we believe about orders, what happened to them, and what was told."""

from hub.queries.history import Entry, Telling
from hub.queries.orders import Page, Queries
from hub.queries.stored import StoredOrder
from hub.queries.tallies import Sums, Waiting

__all__ = ["Entry", "Page", "Queries", "StoredOrder", "Sums", "Telling", "Waiting"]
