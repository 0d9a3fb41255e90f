"""Spins in a cavity: splittings, blockades, transitions."""
