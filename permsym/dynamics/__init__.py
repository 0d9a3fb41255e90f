"""Spectra and time evolution."""
