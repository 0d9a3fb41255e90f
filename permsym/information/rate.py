"""Information that light and system gather together in a long time t: F = rate * t, about a parameter of the Hamiltonian.

    rate = 4 S(0),      S(0) = int Re <dK(t) dK(0)> dt,      K = dH/d theta,  dK = K - <K>

S is the symmetrised power spectrum of the fluctuations of K at zero frequency.
S. Gammelmark, K. Molmer, Phys. Rev. Lett. 112, 170401 (2014).
"""

from __future__ import annotations

from collections.abc import Sequence

from permsym.dynamics.spectra.spectrum import spectrum
from permsym.errors import InputError
from permsym.information.forms import Information
from permsym.operators import Operator
from permsym.progress import Progress
from permsym.steady.state import State
from permsym.terms import Term


def generator(name: str, slopes: Sequence[tuple[Term, complex]]) -> Operator:
    """K = dH/d theta; InputError where the parameter is one of jumps, too, or of nothing."""
    jumps = [term.name for term, _ in slopes if term.jump]
    if jumps:
        raise InputError(
            f"the rate of light and system is that of parameters of the Hamiltonian, but {name!r} changes the jump {jumps[0]!r}"
        )
    if not slopes:
        raise InputError(f"{name!r} changes nothing in this model, neither the Hamiltonian nor a jump")
    terms = {term.structure[0][0]: slope * term.structure[0][1] for term, slope in slopes}
    return Operator(terms)


def rate_of(state: State, K: Operator, say: Progress) -> Information:
    """4 S(0) of a steady state."""
    curve = spectrum(state, [0.0], K, K, progress=say)
    return Information(4 * float(curve.power[0]), 4 * float(curve.errors[0]))
