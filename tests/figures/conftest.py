"""Coarse axes."""

import pytest

from permsym.errors import SolverFailed
from permsym.figures.paper1 import beyond, fig3, fig4b, fig5
from permsym.sweeps.limits.infinite import limit


@pytest.fixture
def coarse(monkeypatch):
    """Lines of approximations end at N = 100; limits are taken from at most 16 satellites, and the second order has none."""
    for module in (fig3, fig4b, fig5):
        monkeypatch.setattr(module, "FARTHEST", 100.0)

    def few(*words, method, sizes, **options):
        if method == "c2":
            raise SolverFailed("no limit")
        return limit(*words, method=method, sizes=sizes or (4, 8, 16), **options)

    monkeypatch.setattr(beyond, "limit", few)
