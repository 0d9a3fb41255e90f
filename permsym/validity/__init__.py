"""Validity maps: where over one or two parameters which approximation is within a tolerance of the exact value."""
