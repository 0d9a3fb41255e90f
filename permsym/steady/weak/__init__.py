"""Weak excitation: the few elements near the vacuum, graded by their number of excitations."""
