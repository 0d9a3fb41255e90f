"""Representations of permutation-symmetric density operators."""

from permsym.basis.basis import Basis
from permsym.basis.representations import build, choose, dimension

__all__ = ["Basis", "build", "choose", "dimension"]
