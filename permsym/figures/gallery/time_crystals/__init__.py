"""Driven and damped collective spins."""
