"""Jumps: rates and operators that are refused."""

import pytest

import permsym as ps

c, s = ps.Spin(), ps.Ensemble(3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ps.Individual(-1, s.m), "must be >= 0, but is -1"),
        (lambda: ps.Individual(float("nan"), s.m), "must be a finite number, but is nan"),
        (lambda: ps.Central(1j, c.m), "must be a finite number"),
        (lambda: ps.Central(1, s.m), "acts on the centre alone"),
        (lambda: ps.Individual(1, c.m), "exactly one ensemble operator"),
        (lambda: ps.Individual(1, s.m * s.m), "exactly one ensemble operator"),
        (lambda: ps.Individual(1, s.m + ps.Ensemble(2, "B").m), "one ensemble"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ps.InputError) as caught:
        call()
    assert message in str(caught.value)
