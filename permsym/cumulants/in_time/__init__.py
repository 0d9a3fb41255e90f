"""Cumulant equations in time: initial moments, evolutions, periodic states."""

from permsym.cumulants.in_time.evolve import Trajectory, evolve
from permsym.cumulants.in_time.floquet import CumulantFloquet, floquet

__all__ = ["CumulantFloquet", "Trajectory", "evolve", "floquet"]
