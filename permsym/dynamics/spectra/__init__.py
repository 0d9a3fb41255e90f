"""Spectra S(omega) of two-time functions, and their lines."""
