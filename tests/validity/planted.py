"""Maps of planted errors: an approximation that is the exact value times (1 + e), with e a formula."""

import numpy as np

from permsym.validity.axes import make_axis
from permsym.validity.errors import Errors, Scale
from permsym.validity.regions import ValidityMap

N = make_axis("N", 2, 1000, log=True, whole=True)
G = make_axis("g", 0.05, 3, log=True, whole=False)


def planted(formulas, axes=(G,), level=13, tolerance=0.01, status=None, exact_status="ok", bars=0.0):
    """A map of approximations whose signed errors are formulas in the parameters."""
    samples = tuple(axis.samples(level) for axis in axes)
    mesh = np.meshgrid(*samples, indexing="ij")
    shape = mesh[0].shape
    signed, codes = {}, {"exact": np.broadcast_to(exact_status, shape).astype("U20")}
    for name, formula in formulas.items():
        e = np.broadcast_to(formula(*mesh), shape).astype(float)
        signed[name] = np.sign(e) * np.maximum(np.abs(e) - bars, 0)
        codes[name] = np.broadcast_to((status or {}).get(name, "ok"), shape).astype("U20")
    exact = np.ones((1, *shape), dtype=complex)
    values = {name: exact * (1 + e) for name, e in signed.items()}
    nothing = dict.fromkeys([*signed, "exact"], np.zeros((1, *shape)))
    errors = Errors(tuple(axes), samples, ("p0_up",), Scale(), exact, np.zeros((1, *shape)), signed, codes, values, nothing)
    return ValidityMap(errors, tolerance)
