"""Spectra of emitted light."""
