"""Periodic states under a periodic modulation: the fixed point of the map over one period, and the map's eigenvalues."""
