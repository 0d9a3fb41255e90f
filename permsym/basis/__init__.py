"""Representations of permutation-symmetric density operators.

More files than a folder should have, because a representation is one file and each idea below it is one too:

    moves -> part -> centre, occupation, dicke (spin, window, nodes), full (product_space)    one factor of a basis
    sector -> populated -> scope -> basis -> representations -> blocks -> links                            factors put together
    whole_space                                                                               to matrices of all sites and back
"""

from permsym.basis.basis import Basis
from permsym.basis.representations import build, choose, dimension

__all__ = ["Basis", "build", "choose", "dimension"]
