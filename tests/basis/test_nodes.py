"""The Dicke representation at real labels."""

from __future__ import annotations

import numpy as np
from oracles.lattices import all_jumps

from permsym.basis.basis import Basis
from permsym.basis.centre import CentrePart
from permsym.basis.dicke import DickePart
from permsym.basis.nodes import NodePart


def test_nodes_are_the_dicke_representation_at_real_labels() -> None:
    """At lattice sites the weights of moves and correlators are those of the lattice, to extended precision."""
    model = all_jumps(40)
    lattice = Basis(model, (CentrePart(model.centre), DickePart(model.ensembles[0])), "dicke")
    sites = np.array([[6, 8, 17], [2, -3, 16]], dtype=np.longdouble)
    nodes = Basis(model, (CentrePart(model.centre), NodePart(model.ensembles[0], sites)), "nodes")
    labels = np.rint(nodes.labels.astype(float)).astype(np.int64)
    assert np.array_equal(labels, nodes.labels)
    for term in model.terms:
        here, there = lattice.superoperator(term).weights(labels), nodes.superoperator(term).weights(nodes.labels)
        assert here.keys() == there.keys()
        for shift, values in here.items():
            assert np.allclose(values, there[shift].astype(complex), rtol=1e-14, atol=1e-14)
