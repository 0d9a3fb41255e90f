"""Equations and positive matrices of moments, exact: what bounds are sought among."""
