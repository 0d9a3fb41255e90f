"""Derivatives of eigenvalues of the Liouvillian, from left and right vectors.

    L v = lambda v,    L^T w = lambda w:      d lambda/d theta = w . (dL/d theta) v / (w . v)

To first order what dL/d theta leads out of the sector does not count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from permsym.basis.representations import build
from permsym.dynamics.eigenvalues import Eigenvalues
from permsym.errors import InputError
from permsym.gradients.on_elements import moved
from permsym.gradients.result import Gradient
from permsym.liouvillian import Liouvillian
from permsym.steady.gradient import Family, slopes_of

EPS = float(np.finfo(float).eps)
_ALIKE = 1e-6  # of the largest eigenvalue there: what is nearer may be the same, and its derivatives those of a matrix


def eigenvalue_gradient(modes: Eigenvalues, k: int, family: Family | None = None, parameters: Sequence[str] | None = None) -> Gradient:
    """d lambda_k/d parameter of one of the eigenvalues, at their cut-off.

    Errors are estimates: what rounding and residuals turn v and w by, over the distance of the nearest other eigenvalue that is there;
    nan where there is one alone.  InputError where eigenvalues coincide, and where iterations left no left vectors.
    """
    if not isinstance(k, int | np.integer) or not -len(modes.eigenvalues) <= k < len(modes.eigenvalues):
        raise InputError(f"there are {len(modes.eigenvalues)} eigenvalues, counted from 0, but the one asked for is {k!r}")
    if modes.left is None or modes.right is None:
        raise InputError("these eigenvalues come from iterations without left vectors; give `solver` shift-invert settings")
    slopes = slopes_of(modes.model, family, parameters)
    others = np.abs(np.delete(modes.eigenvalues, k) - modes.eigenvalues[k])
    apart = float(others.min()) if len(others) else float("nan")
    if apart <= _ALIKE * np.abs(modes.eigenvalues).max():
        raise InputError(f"eigenvalue {k}, {complex(modes.eigenvalues[k]):.6g}, coincides with another, and has no derivative of its own")
    basis = build(modes.model, modes.basis, modes.charge)
    v, w = modes.right[:, k], modes.left[:, k]
    overlap = complex(w @ v)
    assembly = Liouvillian(basis).assembled()
    value = modes.eigenvalues[k]
    off = [  # what v and w may be turned by
        float(np.linalg.norm(np.abs(residual) + assembly.rounding(np.abs(vector)))) / (apart * abs(overlap))
        for residual, vector in ((assembly.matrix @ v - value * v, v), (assembly.matrix.T @ w - value * w, w))
    ]
    values, errors = {}, {}
    for name, some in slopes.items():
        change = moved(basis, basis, some)
        right, left = change @ v, change.T @ w
        values[name] = complex(w @ right) / overlap
        errors[name] = (float(np.linalg.norm(left)) * off[0] + float(np.linalg.norm(right)) * off[1]) / abs(overlap) + 8 * EPS * abs(
            values[name]
        )
    return Gradient(values, errors)
