"""Representations of permutation-symmetric density operators."""

from permsym.basis.basis import Basis, build, choose, dimension

__all__ = ["Basis", "build", "choose", "dimension"]
