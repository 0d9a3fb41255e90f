"""Linear noise of a steady state: moments to first order in 1/N, linewidth, and its own diagnosis."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from permsym.cumulants.newton import PHASE_FLOOR, FixedPoint
from permsym.errors import BeyondOrder, NotApplicable
from permsym.model import Model
from permsym.moments.cumulants import joint_cumulant
from permsym.moments.labels import MomentLabel, enumerate_labels, parse
from permsym.semiclassical.linear_noise.diagnosis import Diagnosis
from permsym.semiclassical.linear_noise.fluctuations import Fluctuations
from permsym.states.derived import derived_quantities

HIGHEST_ORDER = 2
PAIRS = "ad ad a a"
"""The one moment of higher order, which the variance of the photon number gives."""
AD, A = 0, 1
"""Unknowns of a boson: letters come in the alphabet's order."""


@dataclass(frozen=True)
class Expansion:
    """Moments of fluctuations around a mean-field state, whether they can be trusted or not.

    Charged moments vanish where the symmetry is broken, too: the phase diffuses.
    """

    model: Model
    point: FixedPoint
    noise: Fluctuations

    def label(self, text: str | MomentLabel) -> MomentLabel:
        return text if isinstance(text, MomentLabel) else parse(text, self.model)

    def has(self, label: MomentLabel) -> bool:
        """Whether linear noise has a value for a moment."""
        return label.order <= HIGHEST_ORDER or str(label) == PAIRS

    def moment(self, text: str | MomentLabel) -> complex:
        """A moment to first order in 1/N; BeyondOrder beyond pairs."""
        label = self.label(text)
        if not self.has(label):
            raise BeyondOrder(f"linear noise has moments of up to two operators and {PAIRS!r}, but {label} has {label.order}", order=2)
        if any(label.charge(self.model)):
            return 0j
        if str(label) == PAIRS:
            return complex(self.photons**2 * self.g2) if self.photons > 0 else 0j
        value, other = (self.noise.moment(self._powers(each)) for each in (label, label.conjugate()))
        return (value + other.conjugate()) / 2 + 0.0  # exactly conjugate, no -0.0

    def _powers(self, label: MomentLabel) -> dict[int, int]:
        """How often each unknown is a factor."""
        return {letter: n for letter, n in enumerate(self.point.equations.hierarchy.alphabet.counts(label)) if n}

    # -- light ----------------------------------------------------------------------------------------------------------

    @property
    def bright(self) -> bool:
        """Whether the mode has an amplitude in mean field."""
        if self.model.centre.kind != "boson":
            return False
        return bool(abs(self.point.x[A]) > PHASE_FLOOR)

    @property
    def photons(self) -> float:
        """<ad a>."""
        return float(self.noise.moment(self._powers(self.label("ad a"))).real)

    @property
    def fano(self) -> float:
        """Variance of the photon number over its mean: with an amplitude 1 + 2 (|a|^2 K(ad,a) + Re(a*^2 K(a,a))) / |a|^2."""
        if not self.bright:
            return 1 + self.photons * (self.g2 - 1)
        alpha, K = complex(self.noise.y[A]), self.noise.K
        return 1 + 2 * float((abs(alpha) ** 2 * K[AD, A] + alpha.conjugate() ** 2 * K[A, A]).real) / abs(alpha) ** 2

    @property
    def g2(self) -> float:
        """1 + (F - 1)/n with an amplitude; of Gaussian light without one 2 + |<a a>|^2/n^2."""
        if self.bright:
            return 1 + (self.fano - 1) / self.photons
        return 2 + float(abs(self.noise.K[A, A])) ** 2 / self.photons**2

    @property
    def relative_variance(self) -> float | None:
        """F/n; of a model without light that of S+ S- of the satellites with the largest amplitude; None without an amplitude."""
        if self.bright:
            return self.fano / self.photons if self.photons > 0 else float("nan")
        alphabet, y, C = self.point.equations.hierarchy.alphabet, self.noise.y, self.noise.C
        charged = [k for k in range(alphabet.slices[0].stop, len(y)) if any(alphabet.letter_charges[k][c] for c in self.point.broken)]
        if not charged:
            return None
        i = max(charged, key=lambda k: abs(y[k]))
        j = int(self.point.equations.hierarchy.conjugates[i])
        intensity = float(self.noise.moment({i: 1, j: 1}).real)
        size = float(abs(y[i])) ** 2
        return 2 * float((size * C[j, i] + y[j] ** 2 * C[i, i]).real) / (size * intensity) if intensity > 0 else float("nan")

    @cached_property
    def fwhm(self) -> float | None:
        """Full width at half maximum of the emitted line where a phase diffuses: q w D w q, q the charge of an emission."""
        if not self.point.broken:
            return None
        charges = [self.model.charges[k] for k in self.point.broken]
        kind = next(kind for kind in range(len(charges[0])) if any(charge[kind] for charge in charges))
        q = [charge[kind] for charge in charges]
        return float(sum(q[k] * self.noise.P[k, j].real * q[j] for k in range(len(q)) for j in range(len(q))))

    @cached_property
    def derived(self) -> dict[str, float]:
        """Populations and photon numbers, named as in exact results, and the Fano factor of light."""
        values = derived_quantities(self.model, self.moment)
        if self.model.centre.kind == "boson":
            neutral = not any(self.label("a").charge(self.model))
            alpha, m = complex(self.noise.y[A]), complex(self.noise.m[A])
            values["coherent_photons"] = abs(alpha) ** 2 + 2 * (alpha.conjugate() * m).real if neutral else 0.0
            if self.photons > 0:
                values["fano"] = self.fano
        return values


@dataclass(frozen=True)
class LinearNoise:
    """Linear noise around the mean-field state of a model.

    point       the mean-field state: one-site means and the frequencies of broken phases
    diagnosis   whether the numbers can be trusted; moments are refused where they cannot
    seconds     time for mean field, noise and diagnosis
    """

    model: Model
    expansion: Expansion
    diagnosis: Diagnosis
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def point(self) -> FixedPoint:
        return self.expansion.point

    @property
    def applicable(self) -> bool:
        """Whether there are moments."""
        return self.diagnosis.applicable

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why there are none."""
        return tuple(self.diagnosis.reasons.values())

    def require_applicable(self) -> None:
        """NotApplicable where the diagnosis says so."""
        if not self.applicable:
            raise NotApplicable(f"linear noise is not applicable: {'; '.join(self.reasons)}; use exact solutions or cumulants")

    @property
    def _trusted(self) -> Expansion:
        self.require_applicable()
        return self.expansion

    def has(self, label: str | MomentLabel) -> bool:
        """Whether there is a value: of up to two operators, and of "ad ad a a"."""
        return self.expansion.has(self.expansion.label(label))

    def moment(self, label: str | MomentLabel) -> complex:
        """A moment to first order in 1/N.

        Charged ones vanish, as they do in the exact state.  Raises NotApplicable where the diagnosis says so, BeyondOrder for moments
        that linear noise does not have.
        """
        return self._trusted.moment(label)

    def cumulant(self, label: str | MomentLabel) -> complex:
        """The joint cumulant of up to two factors, from the moments."""
        key = self.expansion.label(label)
        if key.order > HIGHEST_ORDER:
            raise BeyondOrder(f"linear noise has joint cumulants of up to two operators, but {key} has {key.order}", order=2)
        return joint_cumulant(key, self.moment)

    def labels(self, order: int = HIGHEST_ORDER) -> list[MomentLabel]:
        """Labels of the moments up to an order that there are."""
        return [label for label in enumerate_labels(self.model, order) if self.has(label)]

    @property
    def derived(self) -> dict[str, float]:
        """Populations, photons, g2 and the Fano factor ``fano``."""
        return self._trusted.derived

    @property
    def fwhm(self) -> float | None:
        """Full width at half maximum of the emitted line, in units of the rates; None where no symmetry is broken.

        The line is that of the centre's light; where the centre has no part in the broken symmetry, of the first ensemble that has.
        """
        return self._trusted.fwhm

    def __repr__(self) -> str:
        verdict = "applicable" if self.applicable else f"not applicable: {'; '.join(self.reasons)}"
        return f"LinearNoise({self.model.name!r}, {verdict})"
