"""Families of driven cavities over N: each order's steady state, followed from the semiclassical limit.

Both families start the search at one N from the state at the last one.  Its difference from the product state of the Maxwell-Bloch
equations falls as 1/N, which predicts it well over factors of N.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from permsym.cumulants.equations import Equations, Truncation
from permsym.cumulants.newton import FixedPoint, newton
from permsym.cumulants.path import model_at
from permsym.driven_cavity.cluster_moments import Array
from permsym.driven_cavity.cluster_solve import ClusterState, semiclassical_start, steady_state
from permsym.driven_cavity.clusters import ClusterEquations
from permsym.errors import InputError, NoFixedPoint
from permsym.model import Model
from permsym.models.registry import ModelSource, lookup
from permsym.models.semiclassics import MaxwellBloch, SemiclassicalState

MODEL = "driven-tavis-cummings"

_LARGEST_JUMP = 0.15
"""Change of |<a>|^2 relative to the semiclassical value, in one step, beyond which another branch is suspected."""


def curve_of(model: Model) -> MaxwellBloch:
    """The Maxwell-Bloch curve of a driven-tavis-cummings model."""
    p = model.parameters
    return MaxwellBloch.of(p["kappa"], p["gamma_h"], p["gamma_p"], p["g"], p["N"], p["Delta_c"], p["Delta"])


def lowest_stable(curve: MaxwellBloch, eta: float) -> SemiclassicalState:
    """The stable state with the fewest photons: the lower branch where there are two.

    Raises InputError without a drive, and at a turning point, where the lower branch ends and no state is the limit of large N.
    """
    if eta == 0:
        raise InputError("without a drive the cavity is empty at every N and order; give an `eta` or `drive` other than 0")
    if len(curve.turning_points) and np.min(np.abs(curve.drive(curve.turning_points) / abs(eta) - 1)) < 1e-9:
        raise InputError(f"eta = {eta:.9g} is a turning point of the semiclassical curve, where N_sc is infinite; choose another drive")
    states = [state for state in curve.steady_states(eta) if state.stable]
    if not states:
        raise NoFixedPoint("the Maxwell-Bloch equations have no stable steady state at this drive; choose another one")
    return states[0]


def product_state(built: Equations, state: SemiclassicalState) -> Array:
    """Scaled moments of a Maxwell-Bloch state of one ensemble."""
    s, z = complex(state.lowering[0]), float(state.inversion[0])
    spin = np.array([[(1 + z) / 2, s.conjugate()], [s, (1 - z) / 2]]).T  # <s-> = <up|rho|down>
    return built.product_state([spin], alpha=state.amplitude) / built.scale


def _same_branch(before: float, x: Array, product: Array, amplitude: int, order: int, N: float) -> float:
    """|<a>|^2 relative to the semiclassical value; NoFixedPoint where it has jumped."""
    ratio = float(abs(x[amplitude] / product[amplitude]) ** 2)
    if abs(ratio / before - 1) > _LARGEST_JUMP:
        raise NoFixedPoint(f"order {order} has no steady state near the one followed so far at N = {N:.6g}, but another one")
    return ratio


class HomogeneousFamily:
    """Identical spins, through the general cumulant engine.

    parameters    of driven-tavis-cummings but N; expressions are evaluated at each N

    Raises InputError where N is among them.
    """

    def __init__(self, parameters: Mapping[str, float | str], closure: str = "no-three-spin", source: ModelSource | None = None) -> None:
        if "N" in parameters:
            raise InputError(f"`N` is what is sought, but N={parameters['N']!r} was given; leave it out")
        self.parameters, self.closure = dict(parameters), closure
        self.source = source or lookup(MODEL)
        self._built: dict[int, Equations] = {}
        self._last: dict[int, tuple[FixedPoint, Array]] = {}
        self._ratios: dict[int, float] = {}
        self._limit: tuple[float, Model, SemiclassicalState] | None = None

    def beside(self, parameters: Mapping[str, float | str]) -> HomogeneousFamily:
        """The family at other parameters; nothing is built again."""
        other = HomogeneousFamily(parameters, self.closure, self.source)
        other._built = self._built
        return other

    def model(self, N: float) -> Model:
        """The model at a real N."""
        return self._at(N)[0]

    def semiclassical(self, N: float) -> SemiclassicalState:
        """The stable Maxwell-Bloch state with the fewest photons."""
        return self._at(N)[1]

    def _at(self, N: float) -> tuple[Model, SemiclassicalState]:
        if self._limit is None or self._limit[0] != N:  # all orders ask for the same N, one after the other
            model = model_at(self.source, {**self.parameters, "N": N})
            self._limit = (N, model, lowest_stable(curve_of(model), model.parameters["eta"]))
        return self._limit[1], self._limit[2]

    def point(self, order: int, N: float) -> FixedPoint:
        """The fixed point of an order."""
        model = self.model(N)
        last = self._built.get(order)
        built = Equations.of(model, Truncation.of(order, closure=self.closure)) if last is None else last.at(model)
        self._built[order] = built
        product = product_state(built, self.semiclassical(N))
        guess = product
        if order in self._last:
            before, reference = self._last[order]
            guess = product + (before.x - reference) * (sum(before.equations.sizes) / N)
        point = newton(built, guess)
        if point is None:
            raise NoFixedPoint(f"order {order} has no steady state near the semiclassical one at N = {N:.6g}")
        ratio = _same_branch(self._ratios.get(order, 1.0), point.x, product, built.index("a"), order, N)
        self._last[order], self._ratios[order] = (point, product), ratio
        return point

    def coherent_photons(self, order: int, N: float) -> float:
        """|<a>|^2; order 1 from the semiclassical curve."""
        if order == 1:
            return self.semiclassical(N).photons
        point = self.point(order, N)
        return float(abs(point.y[point.equations.index("a")]) ** 2)


class ClusterFamily:
    """Clusters of spins.

    make    (order, N) -> equations
    """

    def __init__(self, make: Callable[[int, float], ClusterEquations]) -> None:
        self.make = make
        self._last: dict[int, tuple[float, Array, Array]] = {}
        self._ratios: dict[int, float] = {}

    def state(self, order: int, N: float) -> ClusterState:
        """The steady state of an order."""
        built = self.make(order, N)
        product = semiclassical_start(built)
        guess = product
        if order in self._last:
            last_n, last, reference = self._last[order]
            scale = np.abs(product[0] / reference[0]) ** (2 * np.log(built.layout.scale(np.e)))  # per photon operator
            guess = product + scale * (last - reference) * (last_n / N)
        state = steady_state(built, guess)
        self._ratios[order] = _same_branch(self._ratios.get(order, 1.0), state.vector, product, 0, order, N)
        self._last[order] = (N, state.vector, product)
        return state

    def coherent_photons(self, order: int, N: float) -> float:
        """|<a>|^2; order 1 from the semiclassical curve."""
        if order == 1:
            built = self.make(1, N)
            return lowest_stable(built.curve, built.eta).photons
        return self.state(order, N).coherent_photons
