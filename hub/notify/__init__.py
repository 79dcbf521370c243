"""Stations 5 and 6: what changed is put into words and handed to those who should know."""
