"""Where to pin: near the most probable population."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.representations import build
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.steady.lattice import null_vector
from permsym.steady.lattice.null_vector import NullProblem

_COARSE = 10  # satellites of the small model that predicts where the probability sits
_SMALL = 64  # satellites up to which pinning twice costs less than that prediction


def predict_pin(problem: NullProblem, basis: Basis, model: Model) -> int:
    """A population near the most probable one, predicted by a small model with the same intensive physics."""
    labels = basis.labels[:, problem.active[problem.active < basis.size]]
    candidates = np.flatnonzero(problem.trace)
    if max(model.sizes) <= _SMALL or basis.representation == "full" or min(model.sizes) < max(model.sizes) / _COARSE:
        return int(candidates[len(candidates) // 2])
    factor = _COARSE / max(model.sizes)
    small = model.rescaled(factor)
    small_basis = build(small, basis.representation, populated=basis.populated)
    small_liouvillian = Liouvillian(small_basis)
    small_problem = null_vector.reduce(small_liouvillian.assembled(), small_liouvillian.trace(), small_basis.coordinates)
    candidate = np.flatnonzero(small_problem.trace)
    vector = null_vector.solve(small_problem, SuperLU(), int(candidate[len(candidate) // 2])).vector
    peak = small_basis.labels[:, small_problem.active[int(np.argmax(np.abs(small_problem.trace * vector)))]]
    return int(candidates[_nearest(labels[:, candidates], peak, small.sizes, model.sizes, basis)])


def _nearest(labels: NDArray[np.int64], peak: NDArray[np.int64], small: Sequence[int], large: Sequence[int], basis: Basis) -> int:
    """The label nearest to a small system's, scaled up; the centre's state as it is."""
    distance = np.zeros(labels.shape[1])
    for position, mine in enumerate(basis.slices):
        centre = position < basis.width
        scale = 1e6 if centre else large[position - basis.width] / small[position - basis.width]
        target = peak[mine] * (1.0 if centre else scale)
        distance += ((labels[mine] - target[:, None]) ** 2).sum(axis=0) * (scale if centre else 1.0)
    return int(np.argmin(distance))
