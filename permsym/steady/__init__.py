"""Steady states: solvers, certificates, and the states themselves."""
