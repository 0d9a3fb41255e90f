"""Whether the field of a mode settles above the levels that were solved for: a second well that no certificate sees from below.

The certificate of a cut-off reads what passes the top level, and how long that would matter *below* it.  A well beyond holds what
comes for a time that nothing below tells.  With product states of a coherent field alpha and one-site states of the satellites
(mean field) the photon number drifts as

    d|alpha|^2/dt = <L^dag(ad a)>  <=  B(r) = sum over terms |c| r^(p+q) prod w(S) N,    r = |alpha|,

the terms ad^p a^p of the mode alone with their signs, w(S) the largest modulus of <S>.  Where B < 0 above the levels there is
nothing.  Else the equations are followed from large fields, and what they settle at must lie on the levels.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from permsym.model import Model
from permsym.operators import Monomial, Product, as_array
from permsym.rotating import in_rotating_frame
from permsym.sites import Boson, Ensemble

_AMPLITUDES, _PHASES = 5, 5  # of the fields that the equations are followed from
_FARTHEST = {True: 6.0, False: 3.0}  # times the radius of the levels, at most, with a charge of the mode and without
_RELAXATIONS = 25.0  # of the slowest rate that counts
_SLOW = 1e-2  # of the mode's own largest rate: slower ones move a field that has settled
_STEPS = 5_000  # evaluations by each method after which nothing is said; four times as many where there are few starts and stiff equations
_AROUND = 3.0  # radius that a well needs on the levels, in amplitudes: a coherent state has 1e-4 beyond


class Survey(StrEnum):
    """What is known of a mode above its levels."""

    LOSS = "the mode loses photons at every larger number"
    BRANCHES = "no semiclassical branch lies above the levels"
    BEYOND = "a semiclassical branch lies above the levels"
    NOBODY = "nobody looked above the levels"


@dataclass(frozen=True)
class Wells:
    """The result of a :func:`survey`: ``levels`` that would hold all branches; ``photons`` of the highest."""

    survey: Survey
    levels: int = 0
    photons: float = 0.0


def drift_bound(model: Model, radius: float) -> float:
    """The largest |alpha| at which photons may become more; infinite where the model sets no bound."""
    drift: dict[int, float] = {}
    for key, value in model.heisenberg(model.centre.n).terms.items():  # type: ignore[attr-defined]
        p, q = key.centre if isinstance(key.centre, Monomial) else (0, 0)
        size = math.prod(_numerical_radius(as_array(s)) * model.ensembles[model.ensemble(e)].size for e, s in key.satellites)
        own = value.real if p == q and not key.satellites else abs(value) * size
        drift[p + q] = drift.get(p + q, 0.0) + own
    powers = [power for power, value in drift.items() if value]
    if not powers or drift[max(powers)] > 0:
        return math.inf if powers else radius
    roots = np.roots([drift.get(power, 0.0) for power in range(max(powers), -1, -1)])
    real = roots[(np.abs(roots.imag) < 1e-9 * (1 + np.abs(roots))) & (roots.real > 0)].real
    return float(real.max(initial=0.0))


def _numerical_radius(matrix: NDArray[np.complex128]) -> float:
    """The largest |<S>| of one satellite, at most 2 % too large: half of the norm for a lowering operator."""
    turned = np.exp(2j * np.pi * np.arange(16) / 16)[:, None, None] * matrix
    return float(np.linalg.eigvalsh((turned + turned.conj().swapaxes(1, 2)) / 2).max()) / math.cos(np.pi / 16)


def survey(model: Model, levels: int, follow: bool = True) -> Wells:
    """What is above the levels of a mode: proved, looked for along the mean-field equations, or unknown.

    follow   whether the equations may be followed where the drift does not decide (0.1 to 0.5 s)
    """
    assert isinstance(model.centre, Boson)
    alpha, radius = model.centre.displacement, math.sqrt(levels)
    farthest = drift_bound(model, radius)
    if farthest + abs(alpha) <= radius:
        return Wells(Survey.LOSS)
    if not follow:
        return Wells(Survey.NOBODY)
    inner = radius + abs(alpha)
    ends = _settled(model, inner, min(farthest, _FARTHEST[_charged(model)] * inner))
    if ends is None:
        return Wells(Survey.NOBODY)
    distance = float(np.abs(ends - alpha).max())
    if distance < radius - 0.5:
        return Wells(Survey.BRANCHES)
    return Wells(Survey.BEYOND, math.ceil((distance + _AROUND) ** 2), float(np.abs(ends).max()) ** 2)


class MeanFieldFlow:
    """Mean-field equations of a mode and of one satellite of each ensemble that it feels: polynomials, for many starts at once.

    z (1 + sum of d^2, starts): alpha, then the expectation values of |i><j| of each ensemble.
    """

    def __init__(self, model: Model) -> None:
        field = model.heisenberg(model.centre.a)  # type: ignore[attr-defined]
        changes = [(field, 1.0)]
        self.ensembles: list[Ensemble] = []
        felt = [name for key in field.terms for name, _ in key.satellites]
        while felt:
            ensemble = model.ensembles[model.ensemble(felt.pop())]
            if ensemble not in self.ensembles:
                self.ensembles.append(ensemble)
                for i, j in np.ndindex(ensemble.levels, ensemble.levels):
                    changes.append((model.heisenberg(ensemble.unit(i, j)), 1 / ensemble.size))
                    felt += [name for key in changes[-1][0].terms for name, _ in key.satellites]
        self.starts = np.cumsum([1, *(each.levels**2 for each in self.ensembles)]).tolist()
        terms = [(row, key, value * per) for row, (change, per) in enumerate(changes) for key, value in change.terms.items()]
        self.powers = np.array([key.centre if isinstance(key.centre, Monomial) else (0, 0) for _, key, _ in terms], dtype=int)
        self.sums = np.zeros((self.starts[-1], len(terms)), dtype=complex)
        for k, (row, _, value) in enumerate(terms):
            self.sums[row, k] = value
        most = max((len(key.satellites) for _, key, _ in terms), default=0)
        self.forms = np.array([[self._form(key, k) for _, key, _ in terms] for k in range(most)])

    def _form(self, key: Product, k: int) -> NDArray[np.complex128]:
        """The k-th collective factor of a product as a linear form of (z, 1); 1 where there is none."""
        form = np.zeros(self.starts[-1] + 1, dtype=complex)
        if k < len(key.satellites):
            name, matrix = key.satellites[k]
            position = next(position for position, each in enumerate(self.ensembles) if each.name == name)
            form[self.starts[position] : self.starts[position + 1]] = as_array(matrix).ravel() * self.ensembles[position].size
        else:
            form[-1] = 1
        return form

    def __call__(self, z: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """dz/dt."""
        exponents = np.arange(self.powers.max(initial=0) + 1)[:, None]
        values = (z[0].conj() ** exponents)[self.powers[:, 0]] * (z[0] ** exponents)[self.powers[:, 1]]
        extended = np.concatenate([z, np.ones((1, z.shape[1]))])
        for form in self.forms:
            values *= form @ extended
        return np.asarray(self.sums @ values)


def _charged(model: Model) -> bool:
    """Whether the phase of the field means nothing."""
    return any(charge[0] for charge in model.charges)


class _TooLong(Exception):
    """More evaluations than a survey is worth."""


def _settled(model: Model, inner: float, outer: float) -> NDArray[np.complex128] | None:
    """Fields that the mean-field equations end at, from beyond the levels; None where they did not settle."""
    from scipy.integrate import solve_ivp

    flow = MeanFieldFlow(in_rotating_frame(model))  # fields that settle do not turn fast there
    phases = 1 if _charged(model) else _PHASES
    amplitudes = np.geomspace(inner, max(outer, 1.2 * inner), _AMPLITUDES)
    z = np.zeros((flow.starts[-1], phases * _AMPLITUDES), dtype=complex)
    z[0] = (amplitudes[:, None] * np.exp(2j * np.pi * (np.arange(phases) + 0.1) / phases)).ravel()
    for position, ensemble in enumerate(flow.ensembles):  # every other start with mixed satellites, else in their lowest state
        lowest = int(np.argmin(ensemble.excitations))
        for level in range(ensemble.levels):
            row = flow.starts[position] + level * (ensemble.levels + 1)
            z[row, ::2], z[row, 1::2] = 1 / ensemble.levels, float(level == lowest)
    rates = np.array([jump.rate * max(abs(value) ** 2 for value in jump.operator.terms.values()) for jump in model.jumps])
    if not len(rates):
        return None
    slowest = float(rates[rates >= _SLOW * rates.max()].min())
    left = [0]

    def change(t: float, y: NDArray[np.float64]) -> NDArray[np.float64]:
        left[0] -= 1
        state = y.view(complex).reshape(z.shape)
        if left[0] < 0 or not np.abs(state[0]).max() < 10 * amplitudes[-1]:
            raise _TooLong
        return np.ascontiguousarray(flow(state)).ravel().view(float)

    time = _RELAXATIONS / slowest
    path = None
    for method in ("DOP853", "LSODA"):  # the second for stiff equations
        left[0] = 4 * _STEPS if method == "LSODA" and phases == 1 else _STEPS
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of steps that fail: then nothing is said
                path = solve_ivp(
                    change, (0, time), z.ravel().view(float), method, t_eval=np.linspace(0.8, 1, 9) * time, rtol=1e-4, atol=1e-6
                )
            break
        except _TooLong:
            continue
    if path is None:
        return None
    fields = np.ascontiguousarray(path.y.T).view(complex).reshape(-1, *z.shape)[:, 0]
    if not path.success or not np.isfinite(fields).all():
        return None
    sizes = np.abs(fields)
    if ((sizes[-1] < 0.9 * sizes[0]) & (sizes[-1] > inner)).any():  # still on their way down
        return None
    return np.asarray(fields.ravel())
