"""Carriers: they move parcels."""
