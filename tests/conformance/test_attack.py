"""Random models of every class against an oracle that shares no code: no bound is violated, nothing certified is wrong, nothing crashes.

benchmarks/attack.py runs fresh seeds for as long as there is time, 600 of each class for instance.
"""

import itertools

import numpy as np
import pytest
from adversary import generator, judge
from adversary.table import Table
from sampled import sampled

import permsym as ps
from permsym.steady.state import State

SECONDS = {
    "spin, U(1)": 0.03,
    "spin": 0.07,
    "levels": 0.12,
    "ensembles": 0.12,
    "slow modes": 0.2,
    "large energies": 0.12,
    "boson": 0.8,
    "boson, cut": 0.6,
    "weak": 0.3,
    "bright": 1.0,
    "wells": 0.5,
    "solvers": 0.3,
    "evolution": 0.8,
    "stiff": 0.05,
    "evolution, boson": 0.4,
    "eigenvalues": 0.1,
    "gradients": 0.3,
    "cumulants": 0.03,
    "windows": 0.3,
    "hermite": 2.0,
    "limits": 0.5,
    "correlations": 0.7,
    "spectra": 0.7,
    "lines": 0.7,
    "bounds": 0.4,
}
"""Of one system of each class, on one core."""
FAST, SLOW = 0.4, 10.0  # seconds of a class
MOST = 6, 100  # systems of a class, in these


def attacked(name: str, seconds: float, most: int) -> Table:
    """The table of a class after about so many seconds; fails at the first fault, with the snippet that shows it."""
    table = Table()
    for seed in range(min(most, max(1, int(seconds / SECONDS[name])))):
        case = generator.case(name, seed)
        verdict = judge.judge(case)
        table.enter(name, verdict)
        assert not verdict.faults, f"{name}, seed {seed}\n{case.snippet()}\n" + "\n".join(verdict.faults)
    return table


def test_every_class_has_its_seconds():
    assert SECONDS.keys() == generator.CLASSES.keys()


@pytest.mark.parametrize("name", sampled([(name,) for name, seconds in SECONDS.items() if seconds < 2 * FAST], 2))
@pytest.mark.quick("spin, U(1)", "boson, cut", "wells", "stiff", "eigenvalues", "cumulants", "spectra")
def test_few_systems(name):
    assert attacked(name, FAST, MOST[0]).clean


@pytest.mark.slow
@pytest.mark.parametrize("name", SECONDS)
def test_many_systems(name):
    assert attacked(name, SLOW, MOST[1]).rows[name].tried


def test_a_wrong_value_is_seen(monkeypatch):
    right = State.moment
    monkeypatch.setattr(State, "moment", lambda self, label: right(self, label) * (1 + 1e-6))
    verdict = judge.judge(generator.case("spin", 0))
    assert verdict.violated
    assert verdict.wrong


def test_a_bound_that_is_too_small_is_seen(monkeypatch):
    right = State.error
    monkeypatch.setattr(State, "error", lambda self, label: right(self, label) * 1e-6)
    assert judge.judge(generator.case("spin", 0)).violated


def test_a_crash_and_a_refusal_are_seen(monkeypatch):
    def broken(*arguments, **options):
        raise IndexError("a fault")

    def refusing(*arguments, **options):
        raise ps.InputError("no")

    case = generator.case("spin", 0)
    monkeypatch.setattr(ps, "steady_state", broken)
    assert judge.judge(case).crashed
    monkeypatch.setattr(ps, "steady_state", refusing)
    assert judge.judge(case).refused


@pytest.mark.parametrize(
    "name",
    [
        "eigenvalues",
        "gradients",
        "cumulants",
        "spectra",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("evolution", "correlations", "lines")),
    ],
)
def test_wrong_answers_to_other_questions_are_seen(monkeypatch, name):
    """The oracle solves a model with one rate a thousandth larger."""
    right = judge.HighPrecision._assemble

    def assembled(self):
        right(self)
        last = self.terms == self.terms.max()
        self.re[last], self.im[last] = self.re[last] * 1001 // 1000, self.im[last] * 1001 // 1000

    told = (case for case in (generator.case(name, seed) for seed in range(1, 20)) if not judge.judge(case).untold)
    cases = list(itertools.islice(told, 4))  # some are zero by charge, whatever the rate
    monkeypatch.setattr(judge.HighPrecision, "_assemble", assembled)
    verdicts = (judge.judge(case) for case in cases)
    assert any(verdict.wrong or verdict.violated for verdict in verdicts)


def test_the_table_counts_systems():
    table = Table()
    table.enter("spin", judge.Verdict(violated=["a", "b"], ratios=[0.5, 2.0, 8.0]))
    table.enter("spin", judge.Verdict(untold="no truth"))
    assert not table.clean
    line = str(table).splitlines()[1].split()
    assert line == ["spin", "1", "1", "0", "0", "0", "0.5", "2", "8", "1"]
    assert np.isclose(np.median(table.rows["spin"].ratios), 2)
