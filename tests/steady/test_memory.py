"""What a plan says of memory is never exceeded, and not far above what a solve takes: peaks of real processes."""

import functools
import json
import subprocess
import sys

import pytest

# One process loads the package; each solve is a fork of it, whose peak starts from what was loaded before.
SCRIPT = """
import json, os, resource, sys, warnings
import permsym as ps
from permsym.linear.superlu import SuperLU

warnings.simplefilter("ignore")
central, pumped = ps.models.central_spin, ps.models.tavis_cummings
import permsym.steady.solve  # what a plan loads
single = SuperLU(precision="single")

def driven(N, levels=0, eta=0.01):
    given = dict(levels=levels, drive=1.05) if levels else dict(eta=eta)
    return ps.models.driven_tavis_cummings(N=N, C=14, kappa=1, gamma_h=0.5, **given)

def driven_spins(N):
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(c, s, 0.3 * s.x + 0.2 * (c.p * s.m + c.m * s.p), [ps.Individual(1, s.m), ps.Central(1, c.m)])

def two(N):
    c, a, b = ps.Boson(6), ps.Ensemble(N, "A"), ps.Ensemble(N, "B")
    couplings = 0.3 * (c.a * a.p + c.ad * a.m) + 0.2 * (c.a * b.p + c.ad * b.m)
    jumps = [ps.Central(1.0, c.a), ps.Individual(0.5, a.m), ps.Individual(0.4, b.m)]
    return ps.Model(c, [a, b], 0.1j * (c.ad - c.a) + couplings, jumps)

def used():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

for line in sys.argv[1:]:
    if os.fork() == 0:
        before = used()
        model, options = eval(line)
        state = ps.steady_state(model, moments=2, **options)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
        print(json.dumps([line, str(state.plan.route), peak, state.plan.bytes]), flush=True)
        os._exit(0)
    os.wait()
"""

# system, its route, and the least part of what is planned that it takes
SYSTEMS = [
    ("central(N=250), {}", "lattice", 0.6),
    ("central(N=200, omega=1.4), {}", "lattice", 0.6),
    ("driven_spins(22), {}", "lattice", 0.5),
    ("central(N=200), dict(solver=single)", "lattice", 0.6),
    ("central(N=200, omega=1.4), dict(solver=single)", "lattice", 0.6),
    ("central(N=160), dict(basis='occupation')", "lattice", 0.4),
    ("central(N=500), {}", "lattice", 0.5),
    ("central(N=1000), {}", "lattice", 0.5),
    ("pumped(N=26, levels=38), dict(solver='matrix-free')", "cavity", 0.5),
    ("driven(6, 34), dict(solver='matrix-free')", "cavity", 0.5),
    ("two(4), dict(solver='matrix-free')", "cavity", 0.4),
    ("central(N=10**5), dict(solver='hermite')", "hermite", 0.5),
    ("central(N=10**6, gamma_phi=0.3), dict(solver='hermite')", "hermite", 0.5),
    ("driven(5), {}", "weak", 0.4),
    ("driven(30), {}", "weak", 0.4),
]


@functools.cache
def measured():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *(line for line, *_ in SYSTEMS)], capture_output=True, text=True, timeout=300, check=True
    )
    return {line: rest for line, *rest in map(json.loads, done.stdout.splitlines())}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peaks of forked processes are read as Linux counts them")
@pytest.mark.parametrize(("system", "route", "least"), SYSTEMS)
def test_a_solve_takes_no_more_than_planned_and_not_much_less(system, route, least):
    chosen, peak, planned = measured()[system]
    assert chosen == route
    assert least < peak / planned < 1, f"{peak / 1e6:.0f} of {planned / 1e6:.0f} MB"
