"""Initial states of a time evolution, and the grammar of their labels.

Words are separated by blanks, the centre's first, then one for each ensemble (or ``word@ENSEMBLE``); what is not named is in its
lowest state: ``fock=1 down``, ``coherent=2.0 up``, ``up dicke=3,-1``, ``bloch=pi/2,0@B``.  A word alone that the centre and the
satellites share is refused.  Without a centre every word is an ensemble's.

    a boson        vacuum, fock=n, coherent=alpha, thermal=nbar
    a spin         down, up, up=p (a mixture with probability p), bloch=theta,phi
    levels         level=k
    spins          as a spin, all of them alike; dicke=j,m: the collective state, averaged over the copies of j
    many levels    level=k

Numbers may be expressions in the model's parameters, alpha also a complex number such as 1+2j; angles are radians, and
bloch=theta,phi is the pure state cos(theta/2) \\|up> + exp(i phi) sin(theta/2) \\|down>.
"""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from permsym import expressions
from permsym.basis.basis import Basis
from permsym.basis.moves import Weight
from permsym.errors import InputError
from permsym.factorials import log_factorial
from permsym.model import Model
from permsym.operators import ComplexArray, as_matrix, displacement
from permsym.sites import Boson, Ensemble, NoCentre, Site
from permsym.states.sectors import Charge, paired

_WORD = re.compile(r"(?P<kind>[a-z]+)(?:=(?P<value>[^@]*))?(?:@(?P<ensemble>\w+))?")
_TAIL = 1e-16  # probability at which the levels of an initial state end

StateWord = Literal["vacuum", "fock", "coherent", "thermal", "down", "up", "bloch", "level", "dicke", "none"]


@dataclass(frozen=True)
class SiteState:
    """State of the centre, or of every satellite of an ensemble.

    kind, values   as a label spells them
    """

    kind: StateWord
    values: tuple[complex, ...] = ()

    def __str__(self) -> str:
        return self.kind + ("=" + ",".join(_spelled(value) for value in self.values) if self.values else "")

    def matrix(self, levels: int) -> ComplexArray:
        """Density matrix of one site, (levels, levels)."""
        if self.kind in ("vacuum", "fock", "coherent", "thermal"):
            return self._photons(levels)
        if self.kind == "none":
            return np.ones((1, 1), dtype=complex)
        result = np.zeros((levels, levels), dtype=complex)
        if self.kind == "level":
            level = int(self.values[0].real)
            result[level, level] = 1
        elif self.kind == "bloch":
            theta, phi = (value.real for value in self.values)
            vector = np.array([math.cos(theta / 2), cmath.exp(1j * phi) * math.sin(theta / 2)])
            result[:] = np.outer(vector, vector.conj())
        else:
            up = (self.values[0].real if self.values else 1.0) if self.kind == "up" else 0.0
            result[0, 0], result[1, 1] = up, 1 - up
        return result

    def _photons(self, levels: int) -> ComplexArray:
        size = np.sqrt(self._distribution(levels))
        if self.kind != "coherent":
            return np.diag(size**2).astype(complex)
        amplitudes = size * np.exp(1j * cmath.phase(self.values[0]) * np.arange(levels))
        return np.outer(amplitudes, amplitudes.conj())

    def _distribution(self, levels: int) -> NDArray[np.float64]:
        """P(n) of a boson's state, (levels,)."""
        n = np.arange(levels)
        size = abs(self.values[0]) if self.values else 0.0
        if self.kind == "coherent":
            return np.exp(xlogy(2 * n, size) - size**2 - log_factorial(n))
        if self.kind == "thermal":
            return np.exp(xlogy(n, size) - (n + 1) * math.log1p(size))
        return np.asarray(n == int(size), dtype=float)

    @property
    def coherent(self) -> bool:
        """Whether it has coherences between its levels."""
        return (self.kind == "coherent" and self.values[0] != 0) or (self.kind == "bloch" and abs(math.sin(self.values[0].real)) > _TAIL)

    @property
    def levels(self) -> int:
        """Fock states that hold all but a negligible part of a boson's state."""
        size = abs(self.values[0]) if self.values else 0.0
        if self.kind in ("vacuum", "fock"):
            return int(size) + 1
        levels = 2 + int(size**2 if self.kind == "coherent" else size)
        while self._distribution(levels)[-1] > _TAIL:
            levels += 1 + levels // 8
        return levels


_NOTHING = SiteState("none")
"""Of the centre of a model that has none."""


@dataclass(frozen=True)
class InitialState:
    """A product state: one :class:`SiteState` for the centre and one for the satellites of each ensemble."""

    centre: SiteState
    satellites: tuple[SiteState, ...]
    ensembles: tuple[str, ...]

    def __str__(self) -> str:
        several = len(self.ensembles) > 1
        words = [f"{state}@{name}" if several else str(state) for state, name in zip(self.satellites, self.ensembles, strict=True)]
        return " ".join([*([] if self.centre == _NOTHING else [str(self.centre)]), *words])

    @property
    def levels(self) -> int:
        """Fock states that hold all but a negligible part of a boson's state."""
        return self.centre.levels

    def vector(self, basis: Basis) -> NDArray[Any]:
        """Coefficients (basis.dimension,) of the part of this state that lives in the basis's charge sector."""
        weights: list[Weight] = [basis.parts[0].product_state(as_matrix(self._centre(basis.model.centre)))]
        for part, state, ensemble in zip(basis.parts[1:], self.satellites, basis.model.ensembles, strict=True):
            if state.kind == "dicke":
                weights.append(part.dicke_state(*(value.real for value in state.values)))
            else:
                weights.append(part.product_state(as_matrix(state.matrix(ensemble.levels))))
        return basis.product_state(weights)

    def charges(self, model: Model) -> set[Charge]:
        """Charges of the sectors that it may have elements in, one of each pair."""
        return possible_charges(model, [each.coherent for each in (self.centre, *self.satellites)])

    def deviation(self, model: Model, charge: Charge | None = None) -> float:
        """It is exact but for rounding."""
        return 0.0

    time = 0.0
    lacking: ClassVar[frozenset[Charge]] = frozenset()

    def _centre(self, site: Site) -> ComplexArray:
        """The centre's density matrix on its levels, displaced Fock states included."""
        if not isinstance(site, Boson) or not site.displacement:
            return self.centre.matrix(site.levels)
        turned = displacement(-site.displacement, site.levels, self.centre.levels + 1)
        return turned @ self.centre.matrix(self.centre.levels + 1) @ turned.conj().T


def possible_charges(model: Model, coherent: Sequence[bool] | None = None) -> set[Charge]:
    """Charges, one of each pair, of elements of a model's sites.

    coherent   of the centre and of each ensemble, whether it has coherences; None: all have
    """
    spans = [max(site.excitations) - min(site.excitations) for site in (model.centre, *model.ensembles)]
    numbers = [1, *(each.N for each in model.ensembles)]
    some = [True] * len(spans) if coherent is None else coherent
    differences = [range(-n * q, n * q + 1) if each else (0,) for n, q, each in zip(numbers, spans, some, strict=True)]
    totals = {(0,) * len(model.charges)}
    for k, steps in enumerate(differences):
        totals = {tuple(q + w[k] * d for q, w in zip(total, model.charges, strict=True)) for total in totals for d in steps}
    return {paired(total) for total in totals}


def parse_initial(text: str, model: Model) -> InitialState:
    """The initial state that a label spells, for a model's sites; see the grammar above.

    >>> from permsym.models import tavis_cummings
    >>> str(parse_initial("fock=1", tavis_cummings(N=5)))
    'fock=1 down'
    """
    names = tuple(ensemble.name for ensemble in model.ensembles)
    centre: SiteState | None = None
    states: dict[str, SiteState] = {}
    for word in text.split():
        match = _WORD.fullmatch(word)
        if match is None:
            raise InputError(f"initial state {text!r}: {word!r} is not a state; write {_allowed(model)}")
        name = match["ensemble"]
        if (
            name is None
            and centre is None
            and not states
            and not isinstance(model.centre, NoCentre)
            and (match["kind"] in _kinds(model.centre) or match["kind"] not in _satellite(model))
        ):
            centre = _state(model.centre, match["kind"], match["value"], word, text, model)
            continue
        if name is None:
            name = next((name for name in names if name not in states), None)
        if name is None or name not in names or name in states:
            raise InputError(f"initial state {text!r}: {word!r} has no site left; the ensembles are {', '.join(names)}, each named once")
        states[name] = _state(model.ensembles[names.index(name)], match["kind"], match["value"], word, text, model)
    if centre is not None and not states and centre != _lowest(model.centre):
        alike = [name for name, each in zip(names, model.ensembles, strict=True) if centre.kind in _kinds(each)]
        if alike:
            both = " ".join([text.strip()] * (1 + len(names)))
            raise InputError(
                f"initial state {text!r}: is that the centre or the satellites? write the centre and then each ensemble, such as "
                f"{text.strip() + ' ' + ' '.join(str(_lowest(each)) for each in model.ensembles)!r} or {both!r}; "
                f"{text.strip() + '@' + alike[0]!r} is ensemble {alike[0]} alone"
            )
    lowest = [_lowest(site) for site in (model.centre, *model.ensembles)]
    return InitialState(centre or lowest[0], tuple(states.get(name, low) for name, low in zip(names, lowest[1:], strict=True)), names)


def _kinds(site: Site) -> tuple[str, ...]:
    if isinstance(site, Boson):
        return ("vacuum", "fock", "coherent", "thermal")
    if site.kind == "spin":
        return ("down", "up", "bloch", *(("dicke",) if isinstance(site, Ensemble) else ()))
    return ("level",)


def _satellite(model: Model) -> set[str]:
    return {kind for ensemble in model.ensembles for kind in _kinds(ensemble)}


def _lowest(site: Site) -> SiteState:
    if isinstance(site, NoCentre):
        return _NOTHING
    if isinstance(site, Ensemble) and site.j is not None and site.j < site.N / 2:
        return SiteState("dicke", (site.j, -site.j))
    return SiteState("vacuum") if isinstance(site, Boson) else SiteState("down") if site.kind == "spin" else SiteState("level", (0,))


def _state(site: Site, kind: str, value: str | None, word: str, text: str, model: Model) -> SiteState:
    """A site's state from one word, checked."""

    def refuse(why: str) -> InputError:
        return InputError(f"initial state {text!r}: {word!r} {why}; write {_allowed(model)}")

    if kind not in _kinds(site):
        raise refuse(f"is no state of {site!r}")
    numbers = [] if value is None else [_number(part, model, refuse) for part in value.split(",")]
    wanted: dict[str, Sequence[int]] = {"vacuum": (0,), "down": (0,), "up": (0, 1), "bloch": (2,), "dicke": (2,)}
    if len(numbers) not in wanted.get(kind, (1,)):
        raise refuse(f"has {len(numbers)} values")
    if kind != "coherent" and any(number.imag for number in numbers):
        raise refuse("must be real")
    reals = [number.real for number in numbers]
    whole = all(real == round(real) for real in reals)
    if kind in ("fock", "level") and not (whole and reals[0] >= 0):
        raise refuse("needs a whole number >= 0")
    if kind == "level" and reals[0] >= site.levels:
        raise refuse(f"is beyond the levels 0..{site.levels - 1}")
    if kind == "up" and reals and not 0 <= reals[0] <= 1:
        raise refuse("needs a probability from 0 to 1")
    if kind == "thermal" and not 0 <= reals[0] <= 100:
        raise refuse("needs a mean photon number from 0 to 100")
    if kind == "coherent" and not abs(numbers[0]) <= 30:
        raise refuse("needs an amplitude of modulus <= 30")
    if kind == "dicke" and isinstance(site, Ensemble):
        j, m = reals
        if not (2 * j == round(2 * j) and 0 <= 2 * j <= site.N and (site.N - 2 * j) % 2 == 0 and abs(m) <= j and j - m == round(j - m)):
            raise refuse(f"needs j = N/2, N/2 - 1, ... >= 0 and m = -j, ..., j with N = {site.N}")
    if isinstance(site, Ensemble) and site.j is not None:
        pure = kind in ("down", "bloch") or (kind == "up" and reals in ([], [0.0], [1.0]))
        if (reals[0] != site.j) if kind == "dicke" else not (pure and 2 * site.j == site.N):
            raise refuse(f"has another total spin than j={site.j:g}, which ensemble {site.name!r} has")
    if isinstance(site, Boson) and not site.automatic and kind == "fock" and reals[0] >= site.levels:
        raise refuse(f"is beyond the Fock states 0..{site.levels - 1}")
    return SiteState(kind, tuple(numbers))  # type: ignore[arg-type]


def _number(text: str, model: Model, refuse: Callable[[str], InputError]) -> complex:
    try:
        value = complex(text)
    except ValueError:
        unknown = expressions.names(text) - set(model.parameters)
        if unknown:
            raise refuse(f"refers to {', '.join(sorted(unknown))}, which is no parameter of the model") from None
        value = complex(expressions.evaluate(text, model.parameters))
    if not cmath.isfinite(value):
        raise refuse("must be finite")
    return value


def _spelled(value: complex) -> str:
    return f"{value.real:g}" if not value.imag else f"{value:g}".strip("()")


def _allowed(model: Model) -> str:
    centre = {"vacuum": "vacuum, fock=n, coherent=alpha or thermal=nbar", "down": "down, up, up=p or bloch=theta,phi", "level": "level=k"}
    satellites = [_kinds(ensemble)[0] for ensemble in model.ensembles]
    spins = "down, up, up=p, bloch=theta,phi or dicke=j,m" if "down" in satellites else "level=k"
    if isinstance(model.centre, NoCentre):
        return f"satellites as {spins}"
    return f"the centre as {centre[_kinds(model.centre)[0]]}, then satellites as {spins}"
