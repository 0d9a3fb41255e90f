"""Validity maps as figures: each is a file with a ``Map`` and a line in ``rows.py``."""
