"""Warehouses and other systems of the house: they know stock, packing and whatever has no connector."""
