"""Models of qutip.piqs, against piqs's own uncoupled operators in the whole product space."""

import numpy as np
import pytest
import qutip
from oracles.brute_force import BruteForce
from qutip import piqs

import permsym as ps

RATES = {"emission": 0.5, "dephasing": 0.8, "pumping": 0.3}
COLLECTIVE = {"collective_emission": 0.25, "collective_dephasing": 0.6, "collective_pumping": 0.125}


def uncoupled(N, h):
    """The Liouvillian with every spin on its own, by piqs; ``h``: H as a function of Jz, J+, J-."""
    z, plus, minus = (piqs.jspin(N, op, basis="uncoupled") for op in ("z", "+", "-"))
    ops = piqs.collapse_uncoupled(N, **RATES, **COLLECTIVE)
    return qutip.liouvillian(qutip.Qobj(h(z, plus, minus).full()), [qutip.Qobj(op.full()) for op in ops]).full()


def twisting(z, plus, minus):
    return 0.3 * z + (0.2 + 0.1j) * plus + (0.2 - 0.1j) * minus + 0.4 * z * z + 0.15 * plus * minus + 0.1j * (plus * plus - minus * minus)


def mixed(z, plus, minus):
    return (0.2 + 0.3j) * z * plus + (0.2 - 0.3j) * minus * z


@pytest.mark.parametrize(("N", "h"), [(1, mixed), (2, twisting), (3, mixed), (3, twisting)])
def test_rates_and_hamiltonian(N, h):
    dicke = piqs.Dicke(N, hamiltonian=h(*(piqs.jspin(N, op) for op in ("z", "+", "-"))), **RATES, **COLLECTIVE)
    model = ps.Model.from_piqs(dicke)
    brute = BruteForce(model).liouvillian()
    assert np.abs(brute - uncoupled(N, h)).max() < 2e-14


def test_symmetric_states_and_no_hamiltonian():
    model = ps.Model.from_piqs(piqs.Dicke(4, collective_emission=1.0), symmetric=True)
    assert model.ensembles[0].j == 2
    assert not model.hamiltonian
    assert ps.steady_state(model).moment("z1") == pytest.approx(-1, abs=1e-12)


def test_refused():
    jz = piqs.jspin(4, "z")
    with pytest.raises(ps.InputError, match=r"^the Hamiltonian is no combination of 1, Jz, .* off by"):
        ps.Model.from_piqs(piqs.Dicke(4, hamiltonian=jz**4))
    with pytest.raises(ps.InputError, match=r"must be 9 x 9, but has shape \(16, 16\)"):
        ps.Model.from_piqs(piqs.Dicke(4, hamiltonian=piqs.jspin(4, "z", basis="uncoupled")))
    with pytest.raises(ps.InputError, match=r"takes a qutip\.piqs\.Dicke, but got Qobj"):
        ps.Model.from_piqs(jz)
    with pytest.raises(ps.InputError, match="rate emission of the Dicke object"):
        ps.Model.from_piqs(piqs.Dicke(4, emission="0.5"))
