"""Approximations: mean field.  Everything here sees only a Model."""

from permsym.cumulants.mean_field import MeanField, mean_field

__all__ = ["MeanField", "mean_field"]
