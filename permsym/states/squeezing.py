"""Spin squeezing of an ensemble of spins-1/2 from moments of one and of two satellites; one table for states, evolutions, expansions.

With J = sum_n sigma_n / 2, mean polarisation v = <sigma> and pairs T_ab = <sigma_1a sigma_2b>:

    <J> = N v / 2,    M_ab = <J_a J_b>_sym = N delta_ab / 4 + N (N - 1) T_ab / 4
    xi_W^2 = N V / |<J>|^2,    xi_KU^2 = 4 V / N,    V = min over unit vectors d orthogonal to v of  d M d

D. J. Wineland et al., Phys. Rev. A 50, 67 (1994); M. Kitagawa and M. Ueda, Phys. Rev. A 47, 5138 (1993).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse
from permsym.sites import Ensemble
from permsym.states.derived import suffix
from permsym.text import finite

EPS = float(np.finfo(float).eps)
Array = NDArray[np.float64]
NO_DIRECTION = "the mean spin is zero within its error, so that no direction is orthogonal to it"
"""Why there is no squeezing."""


@dataclass(frozen=True)
class Squeezing:
    """Squeezing of one ensemble's collective spin; below 1 it is squeezed, a coherent state has 1.

    wineland, kitagawa_ueda   xi_W^2 and xi_KU^2; None: there is no mean spin, ``reason`` says it
    direction                 (3,) unit vector of least variance, up to its sign; orthogonal to the mean spin
    mean_spin                 (3,) <J>
    errors                    of both numbers, and of the direction as an angle in radians (pi/2: any); nan where nothing is known of them
    allowed                   relative error that counts as certified
    """

    wineland: float | None
    kitagawa_ueda: float | None
    direction: Array | None
    mean_spin: Array
    errors: dict[str, float]
    allowed: float
    reason: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not certified; a state without a mean spin has nothing to certify."""
        values = {"wineland": self.wineland, "kitagawa_ueda": self.kitagawa_ueda}
        return tuple(
            f"the squeezing {name} = {value:.6g} has an unknown error"
            if math.isnan(self.errors[name])
            else f"the squeezing {name} = {value:.6g} has the error {self.errors[name]:.0e}, above {self.allowed:.0e} of it"
            for name, value in values.items()
            if value is not None and not self.errors[name] <= self.allowed * abs(value)
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: what there is not, is None."""
        return {
            "wineland": self.wineland,
            "kitagawa_ueda": self.kitagawa_ueda,
            "direction": None if self.direction is None else self.direction.tolist(),
            "mean_spin": self.mean_spin.tolist(),
            "errors": {name: finite(value) for name, value in self.errors.items()},
            **({"reason": self.reason} if self.reason else {}),
        }


@dataclass(frozen=True)
class SqueezingSeries:
    """Squeezing over time; nan where there is no mean spin.

    wineland, kitagawa_ueda   (T,)
    direction, mean_spin      (T, 3)
    errors                    name -> (T,)
    rows                      one for each time
    """

    rows: tuple[Squeezing, ...] = field(repr=False)

    @property
    def wineland(self) -> Array:
        return _numbers(row.wineland for row in self.rows)

    @property
    def kitagawa_ueda(self) -> Array:
        return _numbers(row.kitagawa_ueda for row in self.rows)

    @property
    def direction(self) -> Array:
        return np.array([np.full(3, np.nan) if row.direction is None else row.direction for row in self.rows])

    @property
    def mean_spin(self) -> Array:
        return np.array([row.mean_spin for row in self.rows])

    @property
    def errors(self) -> dict[str, Array]:
        return {name: np.array([row.errors[name] for row in self.rows]) for name in self.rows[0].errors}

    @property
    def reason(self) -> str:
        """Why there is none at some time."""
        return next((row.reason for row in self.rows if row.reason), "")

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not certified at some time: the worst of them."""
        lacking = [row for row in self.rows if row.reasons]
        return max(lacking, key=lambda row: row.errors["wineland"] / abs(row.wineland or 1.0)).reasons if lacking else ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the keys of one, each a list over the times."""
        rows = [row.to_dict() for row in self.rows]
        lists: dict[str, Any] = {name: [row[name] for row in rows] for name in ("wineland", "kitagawa_ueda", "direction", "mean_spin")}
        lists["errors"] = {name: [row["errors"][name] for row in rows] for name in rows[0]["errors"]}
        return lists | ({"reason": self.reason} if self.reason else {})


def _numbers(values: Iterable[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values])


def squeezed_ensemble(model: Model, name: str | None) -> Ensemble:
    """The ensemble of a name, or the only one; InputError where there is none, or where it has no spins-1/2."""
    if name is None and len(model.ensembles) > 1:
        named = ", ".join(each.name for each in model.ensembles)
        raise InputError(f"squeezing of which ensemble? The model has {named}; name one, such as squeezing({model.ensembles[0].name!r})")
    ensemble = model.ensembles[0 if name is None else model.ensemble(name)]
    if ensemble.kind != "spin":
        raise InputError(f"squeezing is defined for spins-1/2 here, but the ensemble {ensemble.name!r} has {ensemble.levels} levels")
    return ensemble


def squeezed_ensembles(model: Model) -> list[Ensemble]:
    """All ensembles of spins-1/2; InputError where there are none."""
    spins = [each for each in model.ensembles if each.kind == "spin"]
    return spins or [squeezed_ensemble(model, model.ensembles[0].name)]


def squeezing_labels(model: Model, name: str | None = None) -> list[MomentLabel]:
    """The moments that it is made of."""
    ensemble = squeezed_ensemble(model, name)
    return [parse(text, model) for text in squeezing_texts(model, ensemble)]


def squeezing_texts(model: Model, ensemble: Ensemble) -> list[str]:
    """Labels of these moments, in the order of :func:`polarisation` and :func:`second_moments`."""
    end = suffix(model, ensemble)
    pairs = ["z1 z2", "+1 z2", "+1 -2", "+1 +2"] if ensemble.size > 1 else []
    return [" ".join(word + end for word in text.split()) for text in ("z1", "+1", *pairs)]


def squeezing(
    model: Model, moment: Callable[[str], complex], error: Callable[[str], float], allowed: float, ensemble: str | None = None
) -> Squeezing:
    """Squeezing of an ensemble, with errors from those of its moments.

    moment, error   value of a moment by its label, and its absolute error
    allowed         relative error that counts as certified

    With dv, dM the errors (2-norm, Frobenius norm), s = min(1, dv/|v|) the sine of the angle by which v may be turned, and n = v/|v|:

        dV <= dM + 2 s |M n orthogonal to n| + s^2 (largest - smallest eigenvalue of M)

    which is a bound where those of the moments are.
    """
    site = squeezed_ensemble(model, ensemble)
    N, texts = float(site.size), squeezing_texts(model, site)
    values, errors = [moment(text) for text in texts], [error(text) for text in texts]
    v, dv = polarisation(values, errors)
    second, change = second_moments(N, values, errors)
    length = float(np.linalg.norm(v))
    if not length > max(8 * EPS, dv if math.isfinite(dv) else 0.0):
        nothing = dict.fromkeys(("wineland", "kitagawa_ueda", "direction"), math.nan)
        return Squeezing(None, None, None, N / 2 * v, nothing, allowed, NO_DIRECTION)
    n, s = v / length, dv / length  # nan where nothing is known of the errors, else below 1
    plane = np.linalg.svd(n[None, :])[2][1:].T  # (3, 2)
    variances, vectors = np.linalg.eigh(plane.T @ second @ plane)
    least, (low, *_, high) = float(variances[0]), np.linalg.eigvalsh(second)
    tilt = 2 * s * float(np.linalg.norm(plane.T @ second @ n)) + s**2 * float(high - low)
    uncertain = change + tilt + 4 * EPS * float(np.abs(second).max())
    direction = plane @ vectors[:, 0]
    return Squeezing(
        wineland=4 * least / (N * length**2),
        kitagawa_ueda=4 * least / N,
        direction=direction * np.sign(direction[np.argmax(np.abs(direction))]),
        mean_spin=N / 2 * v,
        errors={
            "wineland": 4 / (N * length**2) * ((abs(least) + uncertain) / (1 - s) ** 2 - abs(least)),
            "kitagawa_ueda": 4 * uncertain / N,
            "direction": _turn(uncertain, float(variances[1] - variances[0]), s),
        },
        allowed=allowed,
    )


def _turn(change: float, gap: float, tilt: float) -> float:
    """How far the direction may turn in its plane, sin(2 angle) <= 2 change / gap (Davis and Kahan), and with the plane; pi/2: any."""
    within = 0.5 * math.asin(2 * change / gap) if 2 * change < gap else math.pi / 2
    return min(math.pi / 2, within + math.asin(tilt)) if math.isfinite(tilt) else math.nan


def polarisation(values: Sequence[complex], errors: Sequence[float]) -> tuple[Array, float]:
    """v = (2 Re <+>, 2 Im <+>, <z>), and a bound of the length of its error."""
    z, plus = values[:2]
    return np.array([2 * plus.real, 2 * plus.imag, z.real]), math.hypot(errors[0], 2 * errors[1])


def second_moments(N: float, values: Sequence[complex], errors: Sequence[float]) -> tuple[Array, float]:
    """M (3, 3), and a bound of the Frobenius norm of its error."""
    second = N / 4 * np.eye(3)
    if len(values) < 3:
        return second, 0.0
    (zz, pz, pm, pp), (dzz, dpz, dpm, dpp) = values[2:], errors[2:]
    xz, yz, xy = 2 * pz.real, 2 * pz.imag, 2 * pp.imag
    pairs = np.array([[2 * (pm + pp).real, xy, xz], [xy, 2 * (pm - pp).real, yz], [xz, yz, zz.real]])
    # |d<+1 +2>| is that of a complex number: (Re, Im) enter xx, -yy and xy twice
    change = math.hypot(dzz, math.sqrt(8) * dpz, math.sqrt(8) * dpm, math.sqrt(8) * dpp)
    weight = N * (N - 1) / 4
    return second + weight * pairs, weight * change
