"""Tilanne: the single source of truth for *where is my order?*"""

__version__ = "0.1.0"
