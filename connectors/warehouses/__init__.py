"""Warehouses and systems of the house: stock, packing and whatever has no connector."""
