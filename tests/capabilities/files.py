"""What is written and read again, here and elsewhere."""

from __future__ import annotations

import copy
import json
import pickle
import tempfile
from pathlib import Path

import qutip
from oracles.brute_force import BruteForce

import permsym as ps
from permsym import compare, dataset
from permsym.cli import main
from permsym.models.registry import lookup
from permsym.sweeps.rerun import rerun, sweep_of


def sweep(it):
    """Over N, into a file, and computed again from it."""
    made = ps.sweep(it.address, {"N": [it.N]}, moments=1)
    assert made["status"].item() in ("ok", "uncertified"), made["reason"].item()
    with tempfile.TemporaryDirectory() as folder:
        read = ps.open_dataset(dataset.save(made, Path(folder) / "sweep.nc"))
    label = next(label for label in read["moment"].values.tolist() if label)
    point = read.sel(moment=label).isel(N=0)
    it.agree([point["moment_real"].item() + 1j * point["moment_imag"].item()], [it.whole.moment(label)])
    _, repeated = rerun(read, sweep=sweep_of(read, allow=lambda name: None))
    assert repeated.equal or repeated.largest < 1e-12


def comparison(it):
    made = ps.sweep(it.address, {"N": [it.N]}, methods=("exact", "mf", "c2"), moments=1)
    table = compare.table_of(made, "sweep")
    judged = compare.compare(table, table)
    assert judged.methods
    for row in judged.rows:
        expected = it.state.derived[row.quantity] if row.quantity in it.state.derived else it.whole.moment(row.quantity)
        assert abs(row.reference - expected) < 1e-9


def save_and_load(it):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.nc"
        it.state.save(path)
        again = ps.load_state(path)
    assert [again.moment(label) for label in it.labels] == [it.state.moment(label) for label in it.labels]


def pickled(it):
    again = pickle.loads(pickle.dumps(it.state))
    assert [again.moment(label) for label in it.labels] == [it.state.moment(label) for label in it.labels]
    assert pickle.loads(pickle.dumps(it.model)).hash == copy.deepcopy(it.model).hash == it.model.hash


def dictionary(it):
    assert ps.Model.from_dict(json.loads(json.dumps(it.model.to_dict()))).hash == it.model.hash


def model_to_qutip(it):
    h, c_ops = it.whole.model.to_qutip()
    it.agree(qutip.liouvillian(h, c_ops).full().ravel(), it.whole.liouvillian.ravel())


def state_to_qutip(it):
    """The whole matrix, in and out."""
    rho = it.state.to_qutip(satellites=None)
    again = ps.from_qutip(rho, it.model)
    it.agree([again.moment(label) for label in it.labels], [it.whole.moment(label) for label in it.labels])


def from_qutip(it):
    """Back from matrices: the same Liouvillian."""
    h, c_ops = it.whole.model.to_qutip()
    model = it.whole.model
    sizes = [each.N for each in model.ensembles]
    lone = "individual" if 1 in sizes else None
    symmetric = any(each.j is not None for each in model.ensembles)
    names = [site.name for site in model.centre_sites]
    again = ps.Model.from_qutip(
        h, c_ops, centre=names if names[1:] else model.centre.levels > 1, ensembles=sizes, lone=lone, symmetric=symmetric
    )
    it.agree(BruteForce(again).liouvillian().ravel(), it.whole.liouvillian.ravel())


def info(it):
    assert main(["info", it.address, f"N={it.N}"]) == 0


def prints(it):
    assert it.model.equation
    assert str(it.model.symmetry)
    assert it.model._repr_latex_() if hasattr(it.model, "_repr_latex_") else repr(it.model)
    assert repr(it.state)
    assert lookup(it.address).model({"N": it.N}).hash == it.model.hash


ALL = (sweep, comparison, save_and_load, pickled, dictionary, model_to_qutip, state_to_qutip, from_qutip, info, prints)
