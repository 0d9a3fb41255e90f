"""Cumulant equations of a driven cavity with clusters of spins, which differ in coupling and detuning.

The moments are those of paper 2's appendix (M. Zens, D. O. Krimer, S. Rotter, Phys. Rev. A 100, 013856 (2019)): up to third order
without moments of three spins.  The rows are derived from the master equation; eq. (A.20) as printed lacks eta <sz_k sz_j>.  With
D_a = kappa + i Delta_c and D_k = gamma_h + 2 gamma_p + i Delta_k, an operator sigma of spin k and B = a^dag^p a^q obey

    d<s B> = -D_k <s B> + i g_k ( <z B a> + p <(1 + z)/2 a^dag^(p-1) a^q> )
    d<z B> = -2 gamma_h (<z B> + <B>) + i g_k ( 2 <s a^dag B> - 2 <p B a> + q <s a^dag^p a^(q-1)> - p <p a^dag^(p-1) a^q> )
    d<B>   = -(p D_a^* + q D_a) <B> + eta (p <a^dag^(p-1) a^q> + q <a^dag^p a^(q-1)>)
             + i sum_m g_m ( p <p_m a^dag^(p-1) a^q> - q <s_m a^dag^p a^(q-1)> )

and products of distinct spins the sum of these.  Sums over a third spin m of closed moments are row sums of pair moments, less the
terms m = k and m = l: O(L^2) instead of O(L^3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.driven_cavity.cluster_moments import Array, Expectations, Layout
from permsym.errors import InputError
from permsym.models.semiclassics import MaxwellBloch
from permsym.sites import is_real

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class ClusterEquations:
    """The closed equations of motion.

    order       1, 2 or 3
    curve       kappa, gamma_h, gamma_p, Delta_c and the clusters' couplings, detunings and numbers of spins; see MaxwellBloch
    eta         drive

    Numbers of spins are real and may be below 1, as in the tails of a Gaussian: the equations are polynomials in them.
    """

    order: int
    curve: MaxwellBloch
    eta: float

    @classmethod
    def of(cls, order: int, *, eta: float, **parameters: Any) -> ClusterEquations:
        """Equations from numbers (one cluster) or arrays (L,).

        parameters    of :meth:`MaxwellBloch.of`

        Raises InputError for orders that are none, drives that are not finite, and where MaxwellBloch does.
        """
        if order not in (1, 2, 3):
            raise InputError(f"cumulant equations of clusters have order 1, 2 or 3, but {order!r} was given")
        if not is_real(eta) or not math.isfinite(eta):
            raise InputError(f"`eta` must be a finite number, but is {eta!r}")
        return cls(order, MaxwellBloch.of(**parameters), float(eta))

    @cached_property
    def layout(self) -> Layout:
        """The order of the unknowns."""
        return Layout(self.order, len(self.curve.g))

    def empty_cavity(self) -> Array:
        """No photons, all spins down: the initial state of paper 2."""
        return self.product_state(0.0, np.zeros(len(self.curve.g), dtype=complex), -np.ones(len(self.curve.g)))

    def product_state(self, amplitude: complex, lowering: Array, inversion: Vector) -> Array:
        """All moments of a coherent cavity and uncorrelated spins, such as a Maxwell-Bloch state."""
        first = Layout(1, len(self.curve.g))
        seed = np.concatenate([[amplitude], lowering, inversion]).astype(complex)
        values = Expectations(first, seed)
        vector = np.zeros(self.layout.size, dtype=complex)
        for name, view in self.layout.split(vector).items():
            spins = "".join(letter for letter in name if letter in "szp")
            bosons = name[len(spins) :]
            factor = np.prod([values.boson(letter) for letter in bosons]) if bosons else 1.0
            if len(spins) == 0:
                view[...] = factor
            elif len(spins) == 1:
                view[...] = values.single(spins) * factor
            else:
                view[...] = np.outer(values.single(spins[0]), values.single(spins[1])) * factor
        return vector

    def rhs(self, vector: Array) -> Array:
        """d/dt of the unknowns, (size,)."""
        values = Expectations(self.layout, vector)
        result = np.empty_like(vector)
        out = self.layout.split(result)
        self._first(out, values)
        if self.order >= 2:
            self._second(out, values)
        if self.order >= 3:
            self._third(out, values)
        return result

    @cached_property
    def _rates(self) -> tuple[complex, Array, float]:
        """D_a, D_k and 2 gamma_h."""
        curve = self.curve
        spin = np.asarray(curve.gamma_t + 1j * curve.Delta, dtype=np.complex128)
        return curve.kappa + 1j * curve.Delta_c, spin, 2 * curve.gamma_h

    @cached_property
    def _weights(self) -> Vector:
        """M_m g_m."""
        return self.curve.sizes * self.curve.g

    def _others(self, pairs: Array) -> Array:
        """sum over the other spins m of g_m pairs[k, m], (L,)."""
        return pairs @ self._weights - self.curve.g * np.diagonal(pairs)

    def _first(self, out: dict[str, Array], e: Expectations) -> None:
        cavity, spin, decay = self._rates
        g, v = self.curve.g, e.single
        out["a"][...] = -cavity * e.boson("a") - 1j * (self._weights @ v("s")) + self.eta
        out["s"][...] = -spin * v("s") + 1j * g * v("z", "a")
        out["z"][...] = -decay * (v("z") + 1) + 2j * g * (v("s", "d") - v("p", "a"))

    def _second(self, out: dict[str, Array], e: Expectations) -> None:
        cavity, spin, decay = self._rates
        g, eta, weights, others = self.curve.g, self.eta, self._weights, self._others
        v, w, b = e.single, e.pair, e.boson
        gk, gl = g[:, None], g
        out["za"][...] = (
            -(cavity + decay) * v("z", "a") - decay * b("a") + eta * v("z") - 1j * others(w("z", "s"))
            + 1j * g * v("s") + 2j * g * (v("s", "da") - v("p", "aa"))
        )  # fmt: skip
        out["sd"][...] = (
            -(np.conj(cavity) + spin) * v("s", "d") + eta * v("s") + 1j * others(w("s", "p"))
            + 1j * g * (1 + v("z")) / 2 + 1j * g * v("z", "da")
        )  # fmt: skip
        out["sa"][...] = -(cavity + spin) * v("s", "a") + eta * v("s") - 1j * others(w("s", "s")) + 1j * g * v("z", "aa")
        out["aa"][...] = -2 * cavity * b("aa") - 2j * (weights @ v("s", "a")) + 2 * eta * b("a")
        out["da"][...] = -2 * cavity.real * b("da") - 1j * (weights @ (v("s", "d") - v("p", "a"))) + eta * (b("a") + b("d"))
        out["zs"][...] = (
            -(decay + spin) * w("z", "s") - decay * v("s") + 1j * gl * w("z", "z", "a") + 2j * gk * (w("s", "s", "d") - w("p", "s", "a"))
        )
        out["ps"][...] = -(spin.conj()[:, None] + spin) * w("p", "s") - 1j * gk * w("z", "s", "d") + 1j * gl * w("p", "z", "a")
        exchange = gl * (w("z", "s", "d") - w("z", "p", "a"))
        out["zz"][...] = -2 * decay * w("z", "z") - decay * (v("z")[:, None] + v("z")) + 2j * (exchange + exchange.T)
        lowered = gk * w("z", "s", "a")
        out["ss"][...] = -(spin[:, None] + spin) * w("s", "s") + 1j * (lowered + lowered.T)

    def _third(self, out: dict[str, Array], e: Expectations) -> None:
        cavity, spin, decay = self._rates
        g, eta, weights, others = self.curve.g, self.eta, self._weights, self._others
        v, w, b = e.single, e.pair, e.boson
        loss = 2 * cavity.real
        out["daa"][...] = (
            -(2 * cavity + np.conj(cavity)) * b("daa") - 2j * (weights @ v("s", "da")) + 1j * (weights @ v("p", "aa"))
            + 2 * eta * b("da") + eta * b("aa")
        )  # fmt: skip
        out["aaa"][...] = -3 * cavity * b("aaa") - 3j * (weights @ v("s", "aa")) + 3 * eta * b("aa")
        out["zda"][...] = (
            -(loss + decay) * v("z", "da") - decay * b("da") + eta * (v("z", "a") + v("z", "d"))
            - 1j * others(w("z", "s", "d") - w("z", "p", "a"))
            + 1j * g * (v("s", "d") - v("p", "a")) + 2j * g * (v("s", "dda") - v("p", "daa"))
        )  # fmt: skip
        out["sda"][...] = (
            -(loss + spin) * v("s", "da") + eta * (v("s", "d") + v("s", "a")) + 1j * others(w("s", "p", "a") - w("s", "s", "d"))
            + 0.5j * g * (v("z", "a") + b("a")) + 1j * g * v("z", "daa")
        )  # fmt: skip
        out["sdd"][...] = (
            -(2 * np.conj(cavity) + spin) * v("s", "dd") + 2 * eta * v("s", "d") + 2j * others(w("s", "p", "d"))
            + 1j * g * (v("z", "d") + b("d")) + 1j * g * v("z", "dda")
        )  # fmt: skip
        out["zaa"][...] = (
            -(2 * cavity + decay) * v("z", "aa") - decay * b("aa") + 2 * eta * v("z", "a") - 2j * others(w("z", "s", "a"))
            + 2j * g * v("s", "a") + 2j * g * (v("s", "daa") - v("p", "aaa"))
        )  # fmt: skip
        out["saa"][...] = (
            -(2 * cavity + spin) * v("s", "aa") + 2 * eta * v("s", "a") - 2j * others(w("s", "s", "a")) + 1j * g * v("z", "aaa")
        )
        self._third_pairs(out, e)

    def _third_pairs(self, out: dict[str, Array], e: Expectations) -> None:
        cavity, spin, decay = self._rates
        g, eta = self.curve.g, self.eta
        v, w = e.single, e.pair
        gk, gl = g[:, None], g
        Dk, Dl = spin[:, None], spin
        pumped = gl * (w("z", "s") + 2 * (w("z", "s", "da") - w("z", "p", "aa")))
        out["zza"][...] = (
            -(cavity + 2 * decay) * w("z", "z", "a") - decay * (v("z", "a")[:, None] + v("z", "a")) + eta * w("z", "z")
            - 1j * self._third_spin(e, "z", "z", "s") + 1j * (pumped + pumped.T)
        )  # fmt: skip
        emitted = gk * ((v("s") + w("z", "s")) / 2 + w("z", "s", "da"))  # spin k has met the field, spin l still lowers
        out["ssd"][...] = (
            -(np.conj(cavity) + Dk + Dl) * w("s", "s", "d") + eta * w("s", "s")
            + 1j * self._third_spin(e, "s", "s", "p") + 1j * (emitted + emitted.T)
        )  # fmt: skip
        out["psa"][...] = (
            -(cavity + Dk.conj() + Dl) * w("p", "s", "a") + eta * w("p", "s")
            - 1j * self._third_spin(e, "p", "s", "s") - 1j * emitted + 1j * gl * w("p", "z", "aa")
        )  # fmt: skip
        out["zsd"][...] = (
            -(np.conj(cavity) + decay + Dl) * w("z", "s", "d") - decay * v("s", "d") + eta * w("z", "s")
            + 1j * self._third_spin(e, "z", "s", "p") - 1j * gk * w("p", "s")
            + 1j * gl * ((v("z")[:, None] + w("z", "z")) / 2 + w("z", "z", "da"))
            + 2j * gk * (w("s", "s", "dd") - w("p", "s", "da"))
        )  # fmt: skip
        out["zsa"][...] = (
            -(cavity + decay + Dl) * w("z", "s", "a") - decay * v("s", "a") + eta * w("z", "s")
            - 1j * self._third_spin(e, "z", "s", "s") + 1j * gk * w("s", "s") + 1j * gl * w("z", "z", "aa")
            + 2j * gk * (w("s", "s", "da") - w("p", "s", "aa"))
        )  # fmt: skip
        lowered = gk * w("z", "s", "aa")
        out["ssa"][...] = (
            -(cavity + Dk + Dl) * w("s", "s", "a") + eta * w("s", "s")
            - 1j * self._third_spin(e, "s", "s", "s") + 1j * (lowered + lowered.T)
        )  # fmt: skip

    def _third_spin(self, e: Expectations, first: str, second: str, third: str) -> Array:
        """sum over the spins m other than the two of g_m <first_k second_l third_m>, closed by eq. (16), (L, L)."""
        g, weights = self.curve.g, self._weights
        x, y, u = e.single(first), e.single(second), e.single(third)
        xy, xu, yu = e.pair(first, second), e.pair(first, third), e.pair(second, third)
        total, rows, columns = weights @ u, xu @ weights, yu @ weights
        gu = g * u
        # all m, then less m = k, then less m = l
        every = xy * total + np.outer(rows - 2 * total * x, y) + np.outer(x, columns)
        same_k = xy * gu[:, None] + np.outer(g * (np.diagonal(xu) - 2 * x * u), y) + (g * x)[:, None] * yu.T
        same_l = xy * gu + np.outer(x, g * (np.diagonal(yu) - 2 * y * u)) + xu * (g * y)
        return every - same_k - same_l
