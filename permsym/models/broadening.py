"""Inhomogeneous broadening: a Gaussian distribution of spin frequencies cut into clusters, eq. (22) of paper 2."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError
from permsym.sites import as_count, is_real


def gaussian_clusters(N: float, width: float, L: int = 51, span: float = 2.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Detunings Delta_mu and numbers of spins M_mu of L equidistant clusters, both (L,).

        M_mu = (N / K) exp(-4 ln 2 Delta_mu^2 / width^2),   sum_mu M_mu = N,

    with Delta_mu from -span * width to span * width.  The numbers of spins are real numbers, as in the paper.

    width    full width at half maximum, in the unit of the detunings (an angular frequency: "1 MHz" is 2 pi x 1 MHz); 0: all on resonance
    L        number of clusters; odd, so that one of them is on resonance
    span     where the distribution is cut off, in units of the width

    Raises InputError for sizes, widths and numbers of clusters that make no distribution.
    """
    as_count("L", L, 1)
    if not is_real(N) or not 0 < N < math.inf:
        raise InputError(f"`N` must be a positive number of spins, but is {N!r}", parameter="N")
    if not is_real(width) or not 0 <= width < math.inf:
        raise InputError(f"`width` must be a full width at half maximum >= 0, but is {width!r}", parameter="width")
    if not is_real(span) or not 0 < span < math.inf:
        raise InputError(f"`span` must be a positive number of widths, but is {span!r}", parameter="span")
    if L == 1 or width == 0:
        return np.zeros(L), np.full(L, N / L)
    Delta = np.linspace(-span, span, L) * width
    weights = np.exp(-4 * math.log(2) * (Delta / width) ** 2)
    return Delta, N * weights / weights.sum()
