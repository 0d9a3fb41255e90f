"""One model of the list, with what several capabilities share."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, cached_property

import numpy as np
from oracles import kinds
from oracles.whole import Whole

import permsym as ps

ACCURACY = 1e-12  # relative to the larger of 1 and a value
CUT = 1e-9  # the same where the oracle's mode is cut elsewhere


class Subject:
    """A model of :mod:`oracles.kinds` by its name."""

    def __init__(self, name):
        self.name, self.model = name, kinds.model_of(name)
        self.function = kinds.MODELS[name]
        self.N = kinds.size(name)
        self.address = f"{self.function.__module__}:{name}"

    @cached_property
    def whole(self):
        return Whole(self.model)

    @cached_property
    def state(self):
        return ps.steady_state(self.model)

    def family(self, h=1.0, r=1.0, levels=None):
        """The model with its Hamiltonian and all of its rates multiplied."""
        m = self.model.with_levels(levels) if levels else self.model
        jumps = [replace(jump, rate=r * jump.rate) for jump in m.jumps]
        return ps.Model(m.centre, m.ensembles, m.hamiltonian * h, jumps, parameters={"h": h, "r": r})

    @property
    def labels(self):
        return [str(label) for label in self.state.labels(2)]

    @property
    def emission(self):
        """Operators (A, B) of something that radiates."""
        centre, first = self.model.centre, self.model.ensembles[0]
        if centre.kind == "several":
            return "ad@x", "a@x"
        if centre.kind == "boson":
            return "ad", "a"
        if centre.kind == "spin":
            return "+0", "-0"
        if centre.kind == "levels":
            return "|1><0|0", "|0><1|0"
        return (f"+@{first.name}", f"-@{first.name}") if first.levels == 2 else (f"|1><0|@{first.name}", f"|0><1|@{first.name}")

    def agree(self, values, expected, accuracy=ACCURACY):
        """Numbers (a sequence of them) with those of the whole space."""
        values, expected = np.atleast_1d(values), np.atleast_1d(expected)
        assert values.shape == expected.shape
        assert values.size
        off = np.max(np.abs(values - expected) / np.maximum(1.0, np.abs(expected)))
        assert off < max(accuracy, 0 if self.whole.exact else CUT), f"{self.name}: off by {off:.1e}"


@cache
def subject(name):
    return Subject(name)
