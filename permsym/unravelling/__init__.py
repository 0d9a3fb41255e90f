"""Quantum trajectories: pure states of the centre and a collective spin that jump at random, exact on average for any N."""
