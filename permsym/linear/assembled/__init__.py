"""Iterations with a matrix that is written out: where a lattice has so many dimensions that factors fill."""
