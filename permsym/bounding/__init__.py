"""Proved two-sided bounds on steady-state moments, in rational arithmetic; needs python-flint."""
