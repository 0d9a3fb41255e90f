"""Cumulant equations in time: initial moments, evolutions, periodic states."""

from permsym.cumulants.in_time.evolve import Trajectory, evolve

__all__ = ["Trajectory", "evolve"]
