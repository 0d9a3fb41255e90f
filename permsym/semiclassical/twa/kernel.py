# mypy: disable-error-code="no-untyped-def"
"""The compiled loop: trajectories of :class:`permsym.semiclassical.twa.equations.Equations`, some side by side in each thread.

A step is symmetric: half of the drift, the noise, half of the drift.  The second half and the first of the next step are one step of a
Runge-Kutta formula of fourth order.

Arrays of a team of trajectories have one column for each: the innermost loops run over the columns, which the compiler vectorises.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym.philox import WORDS, normals
from permsym.sampling.parallel import on_cores
from permsym.semiclassical.twa.equations import Equations
from permsym.semiclassical.twa.noise import scatter

# isort: split
from numba import njit

TEAM = 16
"""Trajectories side by side.  Driven cavity, one thread: .19 us a step of each with 8, .13 with 16, .10 with 32 (fewer threads)."""


class Schedule(NamedTuple):
    """When a trajectory moves, and when it is read.

    steps, spans   (intervals,): steps of each interval and its length in time; monomials are read at its end
    block          intervals whose readings are added up
    first          steps of the finest noise before this call: where in the random numbers it goes on
    merged         steps of the finest noise in one of these: 2 repeats a path with steps twice as long
    """

    steps: NDArray[np.int64]
    spans: NDArray[np.float64]
    block: int
    first: int
    merged: int


class Reading(NamedTuple):
    """What is read: monomial[k] = monomial[parent[k]] * letter[last[k]]; the first one is 1.

    watched   (monomials,): their sum with these weights is written down at every reading; empty: nothing is
    """

    parent: NDArray[np.int64]
    last: NDArray[np.int64]
    watched: NDArray[np.complex128]


@njit(cache=True, error_model="numpy")
def velocity(u, w, out, equations):
    """out = drift at u (D, team); w = shift + matrix u + nonlinear terms, the fields of the classes among it."""
    size, team = u.shape
    for i in range(size):
        for t in range(team):
            w[i, t] = equations.shift[i]
        for k in range(size):
            entry = equations.matrix[i, k]
            if entry != 0:
                for t in range(team):
                    w[i, t] += entry * u[k, t]
    for q in range(len(equations.rows)):
        row, factors = equations.rows[q], equations.factors[q]
        for t in range(team):
            product = equations.weights[q]
            for k in range(len(factors)):
                if factors[k] >= 0:
                    product *= u[factors[k], t]
            w[row, t] += product
    at = 2 if equations.mode else 0
    for i in range(at):
        for t in range(team):
            out[i, t] = w[i, t]
    for k in range(len(equations.numbers)):
        damping, pump = equations.damping[k], equations.pump[k]
        for i in range(3):
            row, y, z = at + i, at + (i + 1) % 3, at + (i + 2) % 3
            for t in range(team):
                out[row, t] = w[y, t] * u[z, t] - w[z, t] * u[y, t] + pump[i]
            for b in range(3):
                entry = damping[i, b]
                if entry != 0:
                    for t in range(team):
                        out[row, t] += entry * u[at + b, t]
        at += 3


@njit(cache=True, error_model="numpy")
def _add_largest(squares, share, fields, mode):
    """squares (team,) += share times the largest h^2 of a class."""
    for t in range(len(squares)):
        largest = 0.0
        for k in range(2 if mode else 0, len(fields), 3):
            largest = max(largest, fields[k, t] ** 2 + fields[k + 1, t] ** 2 + fields[k + 2, t] ** 2)
        squares[t] += share * largest


@njit(cache=True, error_model="numpy")
def drift(u, time, work, equations, squares, share):
    """One Runge-Kutta step; ``work`` is (4, D, team).  Adds ``share`` times the largest h^2 of a class at its start to squares (team,)."""
    fields, point, rate, total = work
    size, team = u.shape
    for i in range(size):
        for t in range(team):
            point[i, t] = u[i, t]
            total[i, t] = 0.0
    for stage in range(4):
        velocity(point, fields, rate, equations)
        if stage == 0:
            _add_largest(squares, share, fields, equations.mode)
        weight, ahead = time / (3 if stage == 1 or stage == 2 else 6), time * (1.0 if stage == 2 else 0.5)
        for i in range(size):
            for t in range(team):
                total[i, t] += weight * rate[i, t]
                point[i, t] = u[i, t] + ahead * rate[i, t]
    for i in range(size):
        for t in range(team):
            u[i, t] += total[i, t]


@njit(cache=True, error_model="numpy")
def _read(u, mode, reading, letters, monomials, out, seen):
    """Add every monomial of the letters at u to ``out``, all (letters or monomials, team); what is watched into seen (team,)."""
    parent, last = reading.parent, reading.last
    at = 2 if mode else 0
    for t in range(u.shape[1]):
        if mode:
            letters[0, t], letters[1, t] = complex(u[0, t], -u[1, t]), complex(u[0, t], u[1, t])
        for k in range(at, len(u), 3):
            letters[k, t], letters[k + 1, t] = complex(u[k, t] / 2, u[k + 1, t] / 2), complex(u[k, t] / 2, -u[k + 1, t] / 2)
            letters[k + 2, t] = complex(u[k + 2, t], 0.0)
        monomials[0, t] = 1.0
        out[0, t] += 1.0
    for k in range(1, len(parent)):
        before, letter = parent[k], last[k]
        for t in range(u.shape[1]):
            monomials[k, t] = monomials[before, t] * letters[letter, t]
            out[k, t] += monomials[k, t]
    for k in range(len(reading.watched)):
        for t in range(len(seen)):
            seen[t] += reading.watched[k] * monomials[k, t]


@njit(cache=True, error_model="numpy")
def _draw(xi, pool, position, streams, key, merged):
    """Normal numbers of a step into xi (noises, team): those of ``merged`` finest steps, added up.

    pool  numbers of WORDS finest steps in a row, as many blocks as a step has numbers
    """
    noises, scale = len(xi), 1 / math.sqrt(merged)
    for i in range(merged):
        finest = position * merged + i
        place = finest % WORDS
        if place == 0:
            normals(pool, np.uint64(finest // WORDS * noises), streams, key[0], key[1])
        for k in range(noises):
            for t in range(xi.shape[1]):
                xi[k, t] = (xi[k, t] if i else 0.0) + scale * pool[place * noises + k, t]


@njit(cache=True, error_model="numpy")
def _walk(u, streams, equations, schedule, reading, series, noises, key, clips, squares):
    """A team through the schedule; returns its readings (blocks, monomials, team).  Parameters: as of run, with columns for a team."""
    size, team = u.shape
    xi, pool, work = np.zeros((noises, team)), np.zeros((WORDS * noises, team)), np.zeros((4, size, team))
    number_read = len(reading.parent)
    letters, monomials = np.zeros((size, team), dtype=np.complex128), np.zeros((number_read, team), dtype=np.complex128)
    readings = np.zeros((len(schedule.steps) // schedule.block, number_read, team), dtype=np.complex128)
    position = schedule.first // schedule.merged
    begun = schedule.first // WORDS * noises
    if noises and schedule.first % WORDS:
        normals(pool, np.uint64(begun), streams, key[0], key[1])
    for interval in range(len(schedule.steps)):
        number = schedule.steps[interval]
        time = schedule.spans[interval] / max(number, 1)
        for step in range(number + 1 if number else 0):
            share = 0.5 if step == 0 or step == number else 1.0
            drift(u, share * time, work, equations, squares, share)
            if noises and step < number:
                _draw(xi, pool, position, streams, key, schedule.merged)
                scatter(u, xi, math.sqrt(time), equations, clips)
                position += 1
        _read(u, equations.mode, reading, letters, monomials, readings[interval // schedule.block], series[interval % len(series)])
    return readings


@njit(cache=True, error_model="numpy", nogil=True)
def _team(first, team, equations, schedule, reading, points, out, series, clips, squares, noises, key):
    """The trajectories ``first``, ... of one team; other parameters: as of run."""
    members, size = len(points) // len(out), points.shape[1]
    u, counts, sums = np.empty((size, team)), np.zeros((len(equations.numbers), team)), np.zeros(team)
    streams = np.empty(team, dtype=np.uint64)
    seen = np.zeros((max(series.shape[1], 1), team), dtype=np.complex128)
    for t in range(team):
        streams[t] = first + t
        for i in range(size):
            u[i, t] = points[first + t, i]
    readings = _walk(u, streams, equations, schedule, reading, seen, noises, key, counts, sums)
    for t in range(team):
        group = (first + t) // members
        for i in range(size):
            points[first + t, i] = u[i, t]
        squares[group] += sums[t]
        for k in range(series.shape[1]):
            series[first + t, k] = seen[k, t]
        for k in range(len(counts)):
            clips[group, k] += int(counts[k, t])
        for block in range(readings.shape[0]):
            for k in range(readings.shape[1]):
                out[group, block, k] += readings[block, k, t]


def run(
    equations: Equations,
    schedule: Schedule,
    reading: Reading,
    points: NDArray[np.float64],
    out: NDArray[np.complex128],
    series: NDArray[np.complex128],
    clips: NDArray[np.int64],
    squares: NDArray[np.float64],
    noises: int,
    key: NDArray[np.uint64],
    jobs: int | None = None,
) -> None:
    """Move all points through the schedule; eleven parameters: what is read, written and looked up.

    points     (trajectories, D), moved in place
    out        (groups, blocks, monomials): sums of monomials; trajectories of one group follow one another
    series     (trajectories, intervals): what is watched; (trajectories, 0) where nothing is
    clips      (groups, K): how often the noise matrix was clipped
    squares    (groups,): sums over steps of the largest h^2 of a class
    noises     normal numbers of a step
    key        (2,) words; a trajectory's stream is its place among ``points``
    jobs       threads; None: as many as there are cores

    Python's threads share the work: a loop that numba makes parallel takes half as long again to compile.
    """
    members = len(points) // len(out)
    together = max(1, TEAM // members) * members  # trajectories of a task: no two tasks write to one group

    def task(begin: int) -> None:
        end = min(begin + together, len(points))
        for first in range(begin, end, TEAM):
            team = min(TEAM, end - first)
            _team(first, team, equations, schedule, reading, points, out, series, clips, squares, noises, key)

    on_cores([lambda begin=begin: task(begin) for begin in range(0, len(points), together)], jobs)  # type: ignore[misc]
