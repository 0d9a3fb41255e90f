"""Density matrices of single sites, from the words of an initial state."""

from __future__ import annotations

import math

import numpy as np


def density_matrices(model, initial, levels=None):
    """Density matrices of the centre and of one satellite of each ensemble, from the words of an initial state."""
    sites = [model.centre, *model.ensembles]
    words = initial.split() or ["vacuum" if s.kind == "boson" else "down" if s.kind == "spin" else "level=0" for s in sites]
    return [_one(word, levels if k == 0 and levels else site.levels) for k, (word, site) in enumerate(zip(words, sites, strict=True))]


def _one(word, d):
    kind, _, text = word.partition("=")
    values = [float(each) for each in text.split(",")] if text else [1.0]
    vector = np.zeros(d, dtype=np.clongdouble)
    if kind in ("vacuum", "level", "fock"):
        vector[0 if kind == "vacuum" else int(values[0])] = 1
    elif kind == "down":
        vector[1] = 1
    elif kind == "up":
        return np.diag(np.array([values[0], 1 - np.longdouble(values[0])], dtype=np.clongdouble))
    elif kind == "bloch":
        theta, phi = map(np.longdouble, values)
        vector[:] = np.cos(theta / 2), np.sin(theta / 2) * np.exp(1j * phi)
    else:
        alpha = np.longdouble(values[0])
        vector[:] = [np.exp(-(alpha**2) / 2) * alpha**n / np.sqrt(np.longdouble(math.factorial(n))) for n in range(d)]
    return np.outer(vector, vector.conj())
