"""Shops: they own orders."""
