"""The order of the house: a module imports from its own room or from rooms before it; and importing stays light."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import permsym

ROOT = Path(permsym.__file__).parent
ORDER = [
    {"errors", "kernels", "text", "spelling"},
    {"expressions", "fields", "reading", "writing", "philox", "shown"},
    {"operators"},
    {"sites"},
    {"several_sites"},
    {"jumps", "pulses"},
    {"terms", "kossakowski"},
    {"symmetry", "translation", "latex"},
    {"model"},
    {"rotating", "units", "factorials"},
    {"machine", "progress"},
    {"archive", "checkpoints"},
    {"models"},
    {"modulation"},
    {"linear"},
    {"basis", "moments"},
    {"assembly"},
    {"liouvillian", "matrixfree"},
    {"states"},
    {"sampling"},
    {"steady"},
    {"dynamics"},
    {"gradients"},
    {"information"},
    {"cumulants"},
    {"bounding"},
    {"semiclassical"},
    {"unravelling"},
    {"driven_cavity"},
    {"dataset"},
    {"sweeps"},
    {"plot"},
    {"compare"},
    {"validity", "reference"},
    {"figures"},
    {"explore"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}
DOOR = "steady/in_time.py"
"""The one file above ``dataset`` that calls permsym's public functions, which load on use: methods of a State that lower rows answer."""
FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def room(parts):
    return parts[0].removesuffix(".py")


def imported(tree, path):
    """Top-level rooms of permsym that a module imports, at the top, under TYPE_CHECKING or inside functions."""
    package = path.relative_to(ROOT.parent).parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "permsym" else [module]
        else:
            continue
        for name in names:
            if name == "permsym" or name.startswith("permsym."):
                yield name.split(".")[1] if "." in name else "", node.lineno


def violations(path, source=None):
    mine = room(path.relative_to(ROOT).parts)
    tree = ast.parse(path.read_text() if source is None else source)
    for other, line in imported(tree, path):
        if other in ("__version__", mine):
            continue
        upward = RANK[other] >= RANK[mine] if other else RANK[mine] < RANK["dataset"] and str(path.relative_to(ROOT)) != DOOR
        if upward:
            yield f"{path.relative_to(ROOT)}:{line} imports {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path):
    assert room(path.relative_to(ROOT).parts) in RANK, "give the new room a place in ORDER"
    assert list(violations(path)) == []


def test_the_test_sees_a_violation():
    path = ROOT / "model.py"
    for source in ("import permsym.steady.solve", "from permsym import liouvillian", "def f():\n    from permsym.cli import main"):
        assert len(list(violations(path, source))) == 1
    assert not list(violations(path, "from permsym.errors import InputError\nimport numpy"))
    assert len(list(violations(ROOT / "basis" / "basis.py", "from ..moments import labels"))) == 1


def test_the_door_opens_when_it_is_used_and_not_before():
    path = ROOT / DOOR
    assert not list(violations(path, "import permsym"))
    assert len(list(violations(ROOT / "steady" / "state.py", "import permsym"))) == 1
    assert len(list(violations(path, "def f():\n    from permsym.dynamics.evolve import evolve"))) == 1
    loaded_by_a_state = loaded("import permsym as ps; ps.steady_state(ps.models.central_spin(N=3))")
    assert not {name for name in loaded_by_a_state if name.startswith("permsym.dynamics")}


SOLVERS = sorted((ROOT / "linear").rglob("*.py"))


@pytest.mark.parametrize("path", SOLVERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_solvers_know_no_physics(path):
    """A solver gets a sparse matrix and vectors, nothing from quantum mechanics."""
    assert {name for name, _ in imported(ast.parse(path.read_text()), path)} <= {"errors", "kernels", "text", "machine", "linear"}


def loaded(code):
    """Names of the modules in memory after running some code in a fresh interpreter."""
    script = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    return set(json.loads(result.stdout.splitlines()[-1]))


HEAVY = {"numba", "xarray", "pandas", "matplotlib", "qutip", "h5netcdf", "netCDF4", "pypardiso", "dask", "flint"}


def test_import_is_light():
    assert not loaded("import permsym") & (HEAVY | {"scipy", "numpy"})


@pytest.mark.parametrize("code", ["permsym.steady_state", "permsym.models.central_spin", "permsym.Model; permsym.eigenvalues"])
def test_solving_needs_numpy_and_scipy_only(code):
    assert not loaded(f"import permsym; {code}") & HEAVY


def test_a_steady_state_needs_numpy_and_scipy_only():
    assert not loaded("import permsym as ps; ps.steady_state(ps.models.central_spin(N=3)).certificate") & HEAVY
