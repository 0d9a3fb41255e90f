"""A density operator and all that one reads off it.  Long because moments, reduced states and quasi-probabilities share its sectors."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.basis.basis import Basis
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments import phase_space, reduced
from permsym.moments.cumulants import joint_cumulant
from permsym.moments.labels import MomentLabel, enumerate_labels, parse
from permsym.moments.mode import JointDistribution, Mode
from permsym.operators import ComplexArray, Matrix, Operator
from permsym.several_sites import SeveralSites, refuse_several
from permsym.sites import Boson, NoCentre, Site
from permsym.states import rotation, sectors
from permsym.states.archived import STATE, Packing
from permsym.states.collective_spin import DickePopulations, Gaussianity, SpinDistribution
from permsym.states.derived import derived_quantities, upper_population
from permsym.states.elements import Elements, SpinBlock, on_fock_states, spin_blocks, written_out
from permsym.states.fisher import RotationFisher, fisher_of_blocks, fisher_of_populations
from permsym.states.rotation import Axis
from permsym.states.sectors import Charge, SectorOf, paired
from permsym.states.squeezing import Squeezing, squeezing

if TYPE_CHECKING:
    import qutip

Real = NDArray[np.float64]


class DensityOperator:
    """A permutation-symmetric density operator: a state vector x on a basis.

    model, basis   what it is a state of
    x              the state as the basis holds it
    spin           P(j, m) where the basis does not list it
    coherences     its parts in charged sectors, one of each pair of opposite charges; a steady state has none
    lacking        charges in which it may have elements that are not known
    deviation      trace norm that it is off by, at most; None: it is taken as it is
    """

    time = 0.0
    """When it is so, on the clock of coefficients that depend on time."""

    def __init__(
        self,
        model: Model,
        basis: Basis,
        x: NDArray[Any],
        spin: SpinDistribution | None = None,
        coherences: Sequence[DensityOperator] = (),
        lacking: Collection[Charge] = (),
        deviation: float | None = None,
    ) -> None:
        self.model = model
        self.basis = basis
        self.x = x
        self._spin = spin
        self.coherences = tuple(coherences)
        self.lacking = frozenset(map(paired, lacking))
        self._deviation = deviation
        self._values: dict[MomentLabel, complex] = {}
        self._cumulants: dict[MomentLabel, complex] = {}

    @cached_property
    def vector(self) -> NDArray[Any]:
        """Coefficients (basis.dimension,), see Basis for their order."""
        return self.basis.unknowns(self.x)

    # -- sectors --------------------------------------------------------------------------------------------------------

    @property
    def _sectors(self) -> list[SectorOf]:
        """The state sector by sector, the neutral one first."""
        return [(each.basis, each.x) for each in (self, *self.coherences)]

    def deviation(self, charge: Charge | None = None) -> float:
        """Trace norm by which the state, or one sector of it, is off, at most: taking a sector out is a contraction."""
        return self._deviation or 0.0

    def rotated(self, axis: Axis, angle: float, of: str = "satellites") -> DensityOperator:
        """R rho R^dag with R = exp(-i angle n . sigma / 2) on each satellite, on those of one ensemble, or on the centre.

        axis   "x", "y", "z" or a vector n; angle in radians
        of     "satellites", an ensemble's name or "centre"; spins

        Exact but for rounding.  It takes and makes coherences between all charges: InputError where the state lacks some.
        """
        parts, off = self._rotated(axis, angle, of)
        (basis, x), *others = parts
        coherences = [DensityOperator(each.model, each, y) for each, y in others]
        result = DensityOperator(basis.model, basis, x, coherences=coherences, deviation=off)
        result.time = self.time
        return result

    def _rotated(self, axis: Axis, angle: float, of: str) -> tuple[list[SectorOf], float]:
        """Sectors of the rotated state, and the trace norm that it is off by."""
        self.know(self.lacking)
        parts = rotation.rotated(self._sectors, axis, angle, of)
        return parts, self.deviation() + rotation.ROUNDING * (1 + sum(self.model.sizes))

    def elements(self) -> Elements:
        """Labels and coefficients of all elements of all sectors, on plain Fock states."""
        self.know(self.lacking)
        parts = [on_fock_states(basis, written_out(basis, basis.unknowns(x))) for basis, x in self._sectors]
        labels, values = zip(*parts, strict=True)
        return np.concatenate(labels, axis=1), np.concatenate(values)

    def know(self, charges: Collection[Charge]) -> None:
        """InputError where elements of these charges are needed and not known."""
        missing = sorted({paired(charge) for charge in charges} & self.lacking)
        if missing:
            spelled = ", ".join(",".join(map(str, charge)) for charge in missing[:5]) + (", ..." if len(missing) > 5 else "")
            raise InputError(
                f"this state lacks its coherences of charge {spelled}, which were not followed; evolve with keep='all', "
                "or with moments that have this charge"
            )

    @property
    def centre_levels(self) -> int:
        """Levels of the centre in reduced states."""
        return max(basis.centre_levels for basis, _ in self._sectors)

    # -- moments --------------------------------------------------------------------------------------------------------

    def label(self, text: str | MomentLabel) -> MomentLabel:
        return text if isinstance(text, MomentLabel) else parse(text, self.model)

    def moment(self, label: str | MomentLabel) -> complex:
        """Expectation value of a product of operators on distinct sites, such as ``"z0 +1 -2"``."""
        key = self.label(label)
        if key not in self._values:
            if key.order == 0:
                return 1.0 + 0j
            charge = key.charge(self.model)
            self._values[key] = self._charged_moment(key, charge) if any(charge) else self._moment(key)
            self._values[key.conjugate()] = self._values[key].conjugate() + 0.0
        return self._values[key]

    def _moment(self, key: MomentLabel) -> complex:
        return self.basis.moment(self.x, *key.operators(self.model)) + 0.0  # no -0.0

    def _charged_moment(self, key: MomentLabel, charge: Charge) -> complex:
        """An operator of charge q sees elements of charge -q; without any it is exactly zero by symmetry."""
        self.know([charge])
        for each in self.coherences:
            if paired(charge) == paired(each.basis.charge):
                mine = each.basis.charge != charge
                return each._moment(key) if mine else each._moment(key.conjugate()).conjugate() + 0.0
        return 0j

    def error(self, label: str | MomentLabel) -> float:
        """Estimate of the absolute error of a moment: its operator's norm times the trace norm that the state is off by; nan: unknown."""
        return self.label(label).norm(self.model) * self.trace_norm_error

    def cumulant(self, label: str | MomentLabel) -> complex:
        """Joint cumulant of the factors of a label."""
        return joint_cumulant(self.label(label), self.moment, self._cumulants)

    def labels(self, order: int) -> list[MomentLabel]:
        """All labels with up to ``order`` factors."""
        return enumerate_labels(self.model, order)

    def moments(self, order: int = 2) -> dict[str, complex]:
        """All moments up to an order, by canonical label."""
        return {str(label): self.moment(label) for label in self.labels(order)}

    def expect(self, operator: Operator | str) -> complex:
        """Expectation value of an operator of the model's sites, such as ``s.p * s.m``, or of a moment's label, such as ``"ad a"``."""
        if isinstance(operator, str):
            return self.moment(operator)
        self.model.check(operator)
        self.know(self.model.charges_of(operator))
        return sectors.expected(self._sectors, operator)

    @property
    def derived(self) -> dict[str, float]:
        """Quantities people plot, see :mod:`permsym.states.derived`."""
        return derived_quantities(self.model, self.moment, self._population)

    def squeezing(self, ensemble: str | None = None) -> Squeezing:
        """Wineland's and Kitagawa and Ueda's squeezing of an ensemble of spins-1/2, see :func:`permsym.states.squeezing.squeezing`."""
        return squeezing(self.model, self.moment, lambda label: math.nan, math.nan, ensemble)  # of a matrix, nobody knows the errors

    def rotation_fisher(self, joint: bool = False) -> RotationFisher:
        """Fisher information about angles of rotation of the satellites, or joint with the centre (one ensemble, Dicke representation)."""
        refuse_several(self.model.centre, "the Fisher information about rotations")
        N, error = self.model.sizes[0], self.trace_norm_error
        neutral = not self.coherences and not self.lacking
        if not joint and neutral and any(charge[1] for charge in self.model.charges):  # coherences between different m have a charge
            return replace(fisher_of_populations(self.populations(), N, error), allowed=self._side_to_side)
        blocks = ((block.j, block.flat if joint else np.einsum("kmkn->mn", block.matrix)) for block in self.blocks())
        return replace(fisher_of_blocks(blocks, N, error, joint=joint), allowed=self._side_to_side)

    @property
    def _side_to_side(self) -> float:
        """Relative distance between two sides of a quantity that counts as certified; nan: nobody knows the errors."""
        return math.nan

    @property
    def trace_norm_error(self) -> float:
        """Estimate of the trace norm of the difference to the exact state; nan: unknown."""
        return math.nan if self._deviation is None else self._deviation

    def _population(self, site: Site) -> float:
        """Of the upper state, as its own observable: 1 + <z> would lose the digits of a small one."""
        return self.basis.moment(self.x, *upper_population(self.model, site).operators(self.model)).real

    # -- the mode, the centre, the satellites -----------------------------------------------------------------------------

    @cached_property
    def mode(self) -> Mode:
        """The bosonic centre on its own: photon distribution, quadratures, Wigner and Husimi functions."""
        if self.model.centre.kind != "boson":
            use = "mode_of(NAME)" if isinstance(self.model.centre, SeveralSites) else "reduced() or spin_wigner()"
            raise InputError(f"only a bosonic centre is a mode, but the centre is {self.model.centre!r}; use {use}")
        return Mode(self.reduced(), self.moment, self._fock_errors)

    def mode_of(self, name: str) -> Mode:
        """One mode of a centre of several sites on its own: the same as :attr:`mode` for the one of a simple centre."""
        position = self._site(name)
        if not isinstance(self.model.centre_sites[position], Boson):
            raise InputError(
                f"only a mode has photons, but {name!r} is {self.model.centre_sites[position]!r}; use reduced(centre={name!r})"
            )

        def moment(label: str) -> complex:
            return self.moment(" ".join(f"{word}@{name}" for word in label.split()))

        return Mode(self.reduced(centre=name), moment, lambda: self._fock_errors(position))

    def _site(self, name: str) -> int:
        """Position of a site of the centre by its name."""
        if not isinstance(self.model.centre, SeveralSites):
            raise InputError(f"the centre is {self.model.centre!r}, which has no site {name!r}; leave the name out")
        return self.model.centre.position(name)

    def joint_distribution(self, *names: str) -> JointDistribution:
        """P(n, m, ...) of the levels of sites of the centre, such as photon numbers of two modes: ``joint_distribution("x", "y")``."""
        if len(set(names)) < max(len(names), 1):
            raise InputError(f"a joint distribution is of different sites of the centre, but is asked for {', '.join(names) or 'none'}")
        left = [self._site(name) for name in names]
        self.know(sectors.seen(self._sectors, self._nothing, ()))
        return JointDistribution(names, sectors.populations(self._sectors, left), self.trace_norm_error)

    def site_populations(self, name: str) -> Real:
        """Populations (levels,) of the levels of one site of the centre."""
        return sectors.populations(self._sectors, [self._site(name)])

    @property
    def _nothing(self) -> list[tuple[Matrix, ...]]:
        return [()] * len(self.model.ensembles)

    def _fock_errors(self, position: int = 0) -> Real | None:
        """Error estimates of P(n), where there are any, of the mode at a position among the centre's sites."""
        return None

    def reduced(self, satellites: int | Sequence[int] = 0, centre: bool | str | Sequence[str] = True) -> ComplexArray:
        """Density matrix of the centre and of some distinct satellites.

        satellites   how many (of each ensemble, where there are several)
        centre       whether it is there; of a centre of several sites the names of those that are, such as "x" or ["x", "y"]
        returns      (d, d) in the product basis, centre first, level 0 (up) first on each site
        """
        counts = self._counts(satellites)
        for ensemble, count in zip(self.model.ensembles, counts, strict=True):
            if not 0 <= count <= ensemble.N:
                raise InputError(f"`satellites` must be from 0 to N={ensemble.N}, but is {count}")
        if not centre and not any(counts):
            raise InputError("a reduced density matrix needs at least one site; ask for the centre or for satellites")
        left: list[int] | None = None
        if not isinstance(centre, bool):
            left = [self._site(name) for name in ([centre] if isinstance(centre, str) else centre)]
        levels = self.centre_levels if left is None else math.prod(self.site_levels(position) for position in left)

        def partial(operators: Sequence[Sequence[Matrix]]) -> ComplexArray:
            if self.lacking:
                self.know(sectors.seen(self._sectors, operators, left))
            return sectors.partial(self._sectors, operators, levels, left)

        return reduced.reduced_density_matrix(partial, levels if centre else None, list(zip(self.model.ensembles, counts, strict=True)))

    def site_levels(self, position: int) -> int:
        """Levels of one of the centre's sites in reduced states."""
        return max(basis.levels_of(position) for basis, _ in self._sectors)

    def _counts(self, satellites: int | Sequence[int]) -> list[int]:
        """How many satellites of each ensemble."""
        number = len(self.model.ensembles)
        counts = [int(satellites)] * number if isinstance(satellites, int | np.integer) else list(satellites)
        if len(counts) != number or not all(isinstance(count, int | np.integer) for count in counts):
            raise InputError(f"`satellites` must be one number, or one for each of the {number} ensembles, but is {satellites!r}")
        return counts

    def concurrence(self, satellites: int | Sequence[int] = 2) -> float:
        """Wootters' concurrence of two satellites; ``satellites=(1, 1)`` takes one of each of two ensembles."""
        if sum(self._counts(satellites)) != 2:
            raise InputError(f"`satellites` must name two satellites in all, but is {satellites!r}; use negativity for more")
        return reduced.concurrence(self.reduced(satellites, centre=False))

    def negativity(self, satellites: int | Sequence[int] | None = None) -> float:
        """Negativity between the centre and some satellites; None: all of them.

        The partial transpose is taken block by block of the total spin j, where it is one matrix on all copies of j.
        """
        if satellites is not None:
            return reduced.negativity(self.reduced(satellites), self.centre_levels)
        if self._has_blocks:  # their own levels: on displaced Fock states fewer than the state reaches
            return sum(reduced.negativity(block.flat, block.matrix.shape[0]) for block in self.blocks())
        return reduced.negativity(self.full(), self.centre_levels)

    @property
    def purity(self) -> float:
        """tr rho^2 of the whole state: sum over j of tr rho_j^2 / copies."""
        return sum(reduced.purity(matrix) / copies for matrix, copies in self._pieces())

    @property
    def entropy(self) -> float:
        """-tr rho ln rho of the whole state, in nats; copies of j count."""
        pieces = ((matrix, copies, float(np.trace(matrix).real)) for matrix, copies in self._pieces())
        return sum(reduced.entropy(matrix) + weight * math.log(copies) for matrix, copies, weight in pieces)

    def _pieces(self) -> Iterator[tuple[ComplexArray, float]]:
        """Blocks of the total spin, each with its number of copies; of small systems that have none the whole matrix."""
        if self._has_blocks:
            yield from ((block.flat, block.copies) for block in self.blocks())
        else:
            yield self.full(), 1.0

    def blocks(self) -> Iterator[SpinBlock]:
        """The density operator block by block of the total spin, j = N/2 first (one ensemble, Dicke representation)."""
        self._needs_dicke("blocks of the total spin")
        if self.coherences or self.lacking:
            return spin_blocks(self.model.sizes[0], self.centre_levels, self.elements())
        return spin_blocks(self.model.sizes[0], self.model.centre.levels, written_out(self.basis, self.vector))

    @cached_property
    def spin(self) -> SpinDistribution:
        """P(j, m) of the satellites' collective spin (one ensemble, Dicke representation)."""
        if self._spin is not None:
            return self._spin
        self._needs_dicke("P(j, m)")
        N = self.model.sizes[0]
        J, M, values = self.basis.spin_populations(self.x)
        sites, inverse = np.unique(J * (2 * N + 1) + M + N, return_inverse=True)
        j, m = np.divmod(sites, 2 * N + 1)
        probability = np.bincount(inverse.ravel(), weights=values, minlength=len(sites))
        return DickePopulations(j / 2, (m - N) / 2, np.asarray(probability, dtype=float))

    def populations(self) -> DickePopulations:
        """P(j, m) site by site."""
        return self.spin.populations()

    def distribution(self) -> DickePopulations:
        """P(j, m) at points that carry all of it: for averages and standard deviations of j and m at any N."""
        return self.spin.distribution()

    @property
    def standard_deviations(self) -> tuple[float, float]:
        """Standard deviations of j and of m."""
        deviations = self.distribution().deviations
        return float(deviations[0]), float(deviations[1])

    @property
    def gaussianity(self) -> Gaussianity:
        """How far P(j, m) is from a Gaussian."""
        return self.distribution().gaussianity

    @property
    def _has_blocks(self) -> bool:
        several = isinstance(self.model.centre, SeveralSites)
        return self.basis.representation == "dicke" and len(self.model.ensembles) == 1 and not several

    def _needs_dicke(self, what: str) -> None:
        refuse_several(self.model.centre, what)
        if not self._has_blocks:
            number = len(self.model.ensembles)
            has = f"the model has {number}" if number > 1 else f"this state is in {self.basis.representation!r}"
            advice = "; solve with basis='dicke'" if number == 1 and self.model.ensembles[0].levels == 2 else ""
            raise InputError(f"{what} needs one ensemble of spins in the Dicke representation, but {has}{advice}")

    # -- quasi-probabilities of spins -------------------------------------------------------------------------------------

    def spin_husimi(self, theta: ArrayLike, phi: ArrayLike, collective: bool = False, site: str | None = None) -> Real:
        """Husimi function of the centre's spin over its sphere, or of the satellites' collective spin, summed over j.

        site   the name of the spin, where the centre has several sites

        See :func:`permsym.moments.phase_space.spin_husimi`.
        """
        return self._over_sphere(phase_space.spin_husimi, theta, phi, collective, site)

    def spin_wigner(self, theta: ArrayLike, phi: ArrayLike, collective: bool = False, site: str | None = None) -> Real:
        """Wigner function of the centre's spin over its sphere, or of the satellites' collective spin, summed over j.

        site   the name of the spin, where the centre has several sites

        See :func:`permsym.moments.phase_space.spin_wigner`.
        """
        return self._over_sphere(phase_space.spin_wigner, theta, phi, collective, site)

    def _over_sphere(self, function: Callable[..., Real], theta: ArrayLike, phi: ArrayLike, collective: bool, site: str | None) -> Real:
        if collective:
            return np.sum([function(np.einsum("kmkn->mn", block.matrix), theta, phi) for block in self.blocks()], axis=0)
        one = self.model.centre if site is None else self.model.centre_sites[self._site(site)]
        if one.kind != "spin":
            beside = "name one with site=, or ask" if isinstance(one, SeveralSites) else "ask"
            raise InputError(f"the centre is {one!r}, no spin; {beside} for the satellites with collective=True")
        return function(self.reduced(centre=True if site is None else site), theta, phi)

    # -- files ------------------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state into an HDF5 file, for :func:`permsym.load_state`: model, bases, coefficients to the last bit, and errors.

        InputError where the name belongs to something else, and for a Hermite series, which lists no coefficients.
        """
        packing = Packing()
        packing.archive(STATE, {"state": self._header(packing)}).write(path)

    def _header(self, packing: Packing) -> dict[str, Any]:
        """What the file says of the state, beside models, bases and arrays."""
        if self._spin is not None:
            raise InputError("a Hermite series lists no coefficients that a file could hold; solve with solver='superlu'")
        return {
            "type": "density",
            "model": packing.model(self.model),
            "sectors": [{"basis": packing.basis(basis), "x": packing.array(x)} for basis, x in self._sectors],
            "lacking": sorted(map(list, self.lacking)),
            "deviation": self._deviation,
            "time": self.time,
        }

    # -- other programs ---------------------------------------------------------------------------------------------------

    def full(self) -> ComplexArray:
        """Density matrix of the centre and all satellites, one by one (small systems): (D, D), order as in reduced()."""
        self.know(self.lacking)
        return sectors.whole(self._sectors, self.centre_levels)

    def to_qutip(self, satellites: int | Sequence[int] | None = 0, centre: bool = True) -> qutip.Qobj:
        """A density matrix as a QuTiP object: reduced as by :meth:`reduced`, or with ``satellites=None`` the whole state."""
        try:
            import qutip
        except ImportError:
            raise InputError("QuTiP is not installed; install it with `pip install permsym[qutip]`") from None
        counts = list(self.model.sizes) if satellites is None else self._counts(satellites)
        own = range(len(self.model.centre_sites))
        dims = [self.site_levels(k) for k in own] if centre and not isinstance(self.model.centre, NoCentre) else []
        dims += [e.levels for e, k in zip(self.model.ensembles, counts, strict=True) for _ in range(k)]
        matrix = self.full() if satellites is None and centre else self.reduced(counts, centre)
        return qutip.Qobj(matrix, dims=[dims, dims])

    def __repr__(self) -> str:
        return f"DensityOperator({self.model.called}, {self.basis.representation}, dimension={self.basis.dimension})"
