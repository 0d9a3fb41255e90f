"""The oracle: a model's Liouvillian in the whole product space, made with QuTiP from the model's data alone.

Sites: the centre, then the satellites one by one, ensemble after ensemble; level 0 (up) first on each.
Density matrices are stacked by columns, as QuTiP does.
"""

from __future__ import annotations

import re

import numpy as np
import qutip

from permsym.operators import Monomial

PAULI = {"z": [[1, 0], [0, -1]], "+": [[0, 1], [0, 0]], "-": [[0, 0], [1, 0]]}


class BruteForce:
    """Operators and Liouvillian of a model, (D, D) and (D^2, D^2) with D the product of all levels."""

    def __init__(self, model):
        self.model = model
        self.own = list(getattr(model.centre, "sites", [model.centre]))
        """Sites of the centre; only those of a centre of several have names."""
        self.dims = [site.levels for site in self.own] + [each.levels for each in model.ensembles for _ in range(each.N)]
        self.D = int(np.prod(self.dims))
        self.sites = {}
        start = len(self.own)
        for each in model.ensembles:
            self.sites[each.name] = list(range(start, start + each.N))
            start += each.N

    def on_centre(self, operator):
        """(site, matrix) pairs of an operator of the centre; a boson's monomial from the ladder operators of its cut space."""
        if operator is None:
            return []
        names = [site.name for site in self.own]
        factors = [(names.index(name), one) for name, one in operator.factors] if hasattr(operator, "factors") else [(0, operator)]
        return [(site, self._matrix(site, one)) for site, one in factors]

    def _matrix(self, site, operator):
        if not isinstance(operator, Monomial):
            return operator
        a = qutip.destroy(self.dims[site])
        return (a.dag() ** operator.p @ a**operator.q).full()

    # -- operators ------------------------------------------------------------------------------------------------------

    def at(self, *placed):
        """Tensor product of matrices on sites: (site, matrix) pairs."""
        factors = [qutip.qeye(d) for d in self.dims]
        for site, matrix in placed:
            factors[site] = factors[site] @ qutip.Qobj(np.array(matrix, dtype=complex))
        return qutip.tensor(*factors)

    def product(self, key):
        """One product of a permsym operator: centre matrix times sums over satellites, in order."""
        result = self.at(*self.on_centre(key.centre))
        for name, matrix in key.satellites:
            result = result @ sum(self.at((site, matrix)) for site in self.sites[name])
        return result

    def operator(self, operator):
        return sum((value * self.product(key) for key, value in operator.terms.items()), 0 * self.at())

    # -- dynamics -------------------------------------------------------------------------------------------------------

    def hamiltonian(self):
        return self.operator(self.model.hamiltonian)

    def collapse(self):
        """All collapse operators, each with the square root of its rate."""
        return [x for jump in self.model.jumps for x in self.collapse_of(jump)]

    def collapse_of(self, jump):
        """Those of one jump, with the root of its rate's modulus."""
        root = np.sqrt(abs(jump.rate))
        found = []
        if jump.kind in ("central", "collective"):
            found.append(root * self.operator(jump.operator))
        else:
            ((ensemble,),) = {tuple({name for name, _ in key.satellites}) for key in jump.operator.terms}
            for site in self.sites[ensemble]:
                one = 0 * self.at()
                for key, value in jump.operator.terms.items():
                    ((_, matrix),) = key.satellites
                    one += value * self.at((site, matrix), *self.on_centre(key.centre))
                found.append(root * one)
        return found

    def dissipator(self):
        """The jumps' part of the Liouvillian, a superoperator; collective rates may be negative."""
        none = 0 * qutip.spre(self.at())
        return sum((np.sign(j.rate) * qutip.lindblad_dissipator(x) for j in self.model.jumps for x in self.collapse_of(j)), none)

    def liouvillian(self):
        return (qutip.liouvillian(self.hamiltonian()) + self.dissipator()).full()

    def adjoint_action(self, observable):
        """i [H, O] + sum_k (x^dag O x - {x^dag x, O}/2), as a dense matrix."""
        h, o = self.hamiltonian(), self.operator(observable)
        result = 1j * (h @ o - o @ h)
        for jump in self.model.jumps:
            for x in self.collapse_of(jump):
                square = x.dag() @ x
                result += np.sign(jump.rate) * (x.dag() @ o @ x - 0.5 * (square @ o + o @ square))
        return result.full()

    def steady_state(self):
        """Dense density matrix with L rho = 0 and tr rho = 1: one row replaced by the trace, one step of refinement."""
        matrix = self.liouvillian()
        matrix[0] = np.eye(self.D).ravel()
        right = np.zeros(self.D**2, dtype=complex)
        right[0] = 1
        x = np.linalg.solve(matrix, right)
        x += np.linalg.solve(matrix, right - matrix @ x)
        return x.reshape(self.D, self.D, order="F")

    # -- moments --------------------------------------------------------------------------------------------------------

    def moment_operator(self, label):
        """The operator that a moment label means, by a parser of its own."""
        return self.at(*(self.spelled(word) for word in label.split()))

    def spelled(self, word):
        """(site, matrix) of one factor of a label."""
        word, _, name = word.partition("@")
        own = [site.name for site in self.own].index(name) if name and name not in self.sites else 0
        if word in ("a", "ad"):
            lower = np.diag(np.sqrt(np.arange(1, self.dims[own])), 1)
            return own, lower.T if word == "ad" else lower
        symbol, digit = re.fullmatch(r"(.*?)(\d+)", word).groups()
        site = own if digit == "0" else self.sites[name or next(iter(self.sites))][int(digit) - 1]
        if symbol in PAULI:
            return site, np.array(PAULI[symbol])
        ket, bra = (int(each) for each in symbol.strip("|>").split("><"))
        matrix = np.zeros((self.dims[site],) * 2)
        matrix[ket, bra] = 1
        return site, matrix

    def moment(self, rho, label):
        return complex((self.moment_operator(label).full().T * rho).sum())

    def reduced(self, rho, sites):
        """Partial trace onto the listed sites."""
        return qutip.Qobj(rho, dims=[self.dims, self.dims]).ptrace(sites).full()
