# mypy: disable-error-code="no-untyped-def"
"""Compiled loops: over blocks for :mod:`permsym.matrixfree`, over rows and vectors for :mod:`permsym.linear`.

numba compiles them on first use and caches the result on disk.  Inner loops have unsigned indices: the compiler then allows for
no negative ones and vectorises, without the bookkeeping of slices.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

# threads sleep between two products: on a busy machine, spinning ones take the time of those that work
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when the threads are first started

from numba import njit, prange

SHARES = 64  # pieces of equal size that threads divide among themselves
_SERIAL = 2**16  # numbers up to which starting threads costs more than it saves


def _both(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for several threads and for one; its first argument's size decides which runs."""

    def compiled(function: Any) -> Callable[..., Any]:
        # the cache on disk tells functions apart by name, not by options
        name = function.__name__ + "_serial"
        copy = FunctionType(function.__code__, function.__globals__, name, function.__defaults__, function.__closure__)
        copy.__qualname__ = name
        copy.__module__ = function.__module__
        threads, serial = njit(parallel=True, cache=True, **options)(function), njit(cache=True, **options)(copy)

        def run(first: Any, *rest: Any) -> Any:
            return (serial if first.size <= _SERIAL else threads)(first, *rest)

        run.__doc__ = function.__doc__
        return run

    return compiled


@njit(cache=True)
def contract(x, offset, low, kind, table):
    """(blocks,) sum over each block of table times x."""
    sums = np.zeros(len(low), dtype=np.complex128)
    for e in range(len(low)):
        total = 0.0j
        for i in range(offset[e], offset[e + 1]):
            total += table[kind[e], low[e] + i - offset[e]] * x[i]
        sums[e] = total
    return sums


@njit(cache=True)
def spread(out, offset, low, kind, factor, table):
    """out += factor[e] table on every block; the transpose of :func:`contract`."""
    for e in range(len(low)):
        for i in range(offset[e], offset[e + 1]):
            out[i] += factor[e] * table[kind[e], low[e] + i - offset[e]]


@_both(error_model="numpy")
def apply(x, out, diagonal, rows, offset, shares, first, middle, factor, begin, target, length, table, direct, mirrored):
    """out = rows (diagonal x + listed runs); fifteen parameters: arrays in a tuple cost a product of a small system a fifth (0.7 us).

    rows               factor of each row; empty: 1
    offset             first number of each block
    shares             first block of each thread's share
    first ... table    the runs: :class:`permsym.matrixfree.Lists`
    direct, mirrored   tables for runs that are taken as they are, and by conjugation
    """
    for share in prange(len(shares) - 1):
        for e in range(shares[share], shares[share + 1]):
            start = offset[e]
            for i in range(start, offset[e + 1]):
                out[i] = 0
            for q in range(first[e], middle[e]):
                f = factor[q]
                here, there, at = np.uint64(start + target[q]), np.uint64(begin[q]), np.uint64(table[q])
                for c in range(np.uint64(length[q])):
                    out[here + c] += f * direct[at + c] * x[there + c]
            for q in range(middle[e], first[e + 1]):
                f = factor[q]
                here, there, at = np.uint64(start + target[q]), np.uint64(begin[q]), np.uint64(table[q])
                for c in range(np.uint64(length[q])):
                    out[here + c] += f * mirrored[at + c] * np.conj(x[there + c])
            if rows.size:
                for i in range(start, offset[e + 1]):
                    out[i] = rows[i] * (out[i] + diagonal[i] * x[i])
            else:
                for i in range(start, offset[e + 1]):
                    out[i] += diagonal[i] * x[i]


@njit(cache=True)
def add_rank_one(x, out, index, functional, vector):
    """out[index] += (functional . Re x[index]) vector; not by a matrix library, whose threads keep ours waiting."""
    total = 0.0
    for k in range(len(index)):
        total += functional[k] * x[index[k]].real
    for k in range(len(index)):
        out[index[k]] += total * vector[k]


@_both(fastmath=True)
def inner(a, b):
    """sum conj(a) b"""
    total = a[0] * b[0] * 0
    for i in prange(len(a)):
        total += np.conj(a[i]) * b[i]
    return total


@_both()
def subtract(out, rows, shift, x, strength, direction):
    """out -= rows (shift x + strength direction)"""
    for i in prange(len(out)):
        out[i] -= rows[i] * (shift * x[i] + strength * direction[i])


@njit(cache=True)
def real_parts(z, blocks, offset):
    """Project blocks that are their own conjugates onto their hermitian part: the imaginary parts of z become 0."""
    for e in blocks:
        for i in range(offset[e], offset[e + 1]):
            z[i] = z[i].real


@njit(cache=True)
def embed(y, wide, low, offset, block, wide_low, wide_offset):
    """Copy block e of y into block ``block[e]`` of ``wide``, whose range contains its own; -1 copies nothing."""
    for e in range(len(low)):
        b = block[e]
        if b < 0:
            continue
        there = wide_offset[b] + low[e] - wide_low[b]
        for c in range(offset[e + 1] - offset[e]):
            wide[there + c] = y[offset[e] + c]


class Narrow(NamedTuple):
    """Blocks that were solved on: ranges low .. high-1, and the first number of each."""

    low: Any
    high: Any
    offset: Any


class Wide(NamedTuple):
    """Blocks that a residual lives on, beside those that were solved on.

    low, offset   start of the range, first number of each
    excess        of the larger level over the smaller
    solved        whether the block was solved on
    block         that block, or else a neighbour; -1: none
    """

    low: Any
    offset: Any
    excess: Any
    solved: Any
    block: Any


@njit(cache=True)
def weigh(r, z, top, wide, narrow):
    """(inside, dropped, signed, elsewhere): |r| |z| summed over wide blocks, apart by what was solved on.

    inside      sum of |r| |z| over what was solved on
    dropped     the same over what a cut left out of the blocks that were solved on
    signed      Re sum conj(z) r over both
    elsewhere   sum of |r| |z| over other blocks: z of the neighbour, or its largest element where there is none

    z lives on the narrow blocks; beyond a range it stays at the value of that end.  Products of cut matrices differ at levels
    from ``top`` on, so that these count as dropped.
    """
    inside, dropped, signed, elsewhere = 0.0, 0.0, 0.0, 0.0
    largest = 0.0
    for i in range(len(z)):
        largest = max(largest, abs(z[i]))
    for b in range(len(wide.low)):
        s = wide.block[b]
        for i in range(wide.offset[b], wide.offset[b + 1]):
            size = abs(r[i])
            if size == 0:
                continue
            if s < 0 or narrow.high[s] <= narrow.low[s]:
                elsewhere += size * largest
                continue
            n = wide.low[b] + i - wide.offset[b]
            nearest = min(max(n, narrow.low[s]), narrow.high[s] - 1)
            dual = z[narrow.offset[s] + nearest - narrow.low[s]]
            if not wide.solved[b]:
                elsewhere += size * abs(dual)
                continue
            signed += (np.conj(dual) * r[i]).real
            if nearest != n or n + wide.excess[b] >= top:
                dropped += size * abs(dual)
            else:
                inside += size * abs(dual)
    return inside, dropped, signed, elsewhere


@njit(cache=True)
def fold(r, out, wide, narrow):
    """Add r on wide blocks to ``out`` on the narrow ones that were solved on, beyond a range to that end; the transpose of a z continued.

    What lies in other blocks is left out.
    """
    for b in range(len(wide.low)):
        s = wide.block[b]
        if not wide.solved[b] or s < 0 or narrow.high[s] <= narrow.low[s]:
            continue
        for i in range(wide.offset[b], wide.offset[b + 1]):
            n = wide.low[b] + i - wide.offset[b]
            nearest = min(max(n, narrow.low[s]), narrow.high[s] - 1)
            out[narrow.offset[s] + nearest - narrow.low[s]] += r[i]


@njit(cache=True)
def by_levels(z, weights, kind, offset, low, kinds, levels):
    """(2, kinds, levels) sums of weights times z, and of weights, by kind of block and smaller level."""
    sums = np.zeros((2, kinds, levels))
    for e in range(len(kind)):
        for i in range(offset[e], offset[e + 1]):
            n = low[e] + i - offset[e]
            sums[0, kind[e], n] += weights[i] * z[i]
            sums[1, kind[e], n] += weights[i]
    return sums


_CHUNK = 2048  # numbers of each vector in a piece that fits the innermost cache


@_both(fastmath=True)
def dot(a, b):
    """a . b"""
    total = 0.0
    for i in prange(len(a)):
        total += a[i] * b[i]
    return total


@_both(fastmath=True)
def directions(r, u, beta, j):
    """u_i <- r_i - beta u_i for i <= j."""
    n = r.shape[1]
    for chunk in prange((n + _CHUNK - 1) // _CHUNK):
        first, last = chunk * _CHUNK, min((chunk + 1) * _CHUNK, n)
        for i in range(j + 1):
            a, b = u[i, first:last], r[i, first:last]
            for k in range(last - first):
                a[k] = b[k] - beta * a[k]


@_both(fastmath=True)
def residuals(x, r, u, alpha, j):
    """r_i <- r_i - alpha u_(i+1) for i <= j, and x <- x + alpha u_0."""
    n = r.shape[1]
    for chunk in prange((n + _CHUNK - 1) // _CHUNK):
        first, last = chunk * _CHUNK, min((chunk + 1) * _CHUNK, n)
        for i in range(j + 1):
            a, b = r[i, first:last], u[i + 1, first:last]
            for k in range(last - first):
                a[k] -= alpha * b[k]
        a, b = x[first:last], u[0, first:last]
        for k in range(last - first):
            a[k] += alpha * b[k]


@njit(cache=True, fastmath=True)
def _product(a, b):
    total = 0.0
    for k in range(len(a)):
        total += a[k] * b[k]
    return total


@_both(fastmath=True)
def gram(r):
    """(l + 1, l + 1) products r_i . r_j."""
    rows, n = r.shape
    chunks = (n + _CHUNK - 1) // _CHUNK
    parts = np.zeros((chunks, rows, rows))
    for chunk in prange(chunks):
        first, last = chunk * _CHUNK, min((chunk + 1) * _CHUNK, n)
        for i in range(rows):
            for j in range(i + 1):
                parts[chunk, i, j] = _product(r[i, first:last], r[j, first:last])
    products = np.zeros((rows, rows))
    for i in range(rows):  # not as a sum of arrays: each would start the threads
        for j in range(i + 1):
            for chunk in range(chunks):
                products[i, j] += parts[chunk, i, j]
            products[j, i] = products[i, j]
    return products


@_both(fastmath=True)
def minimal(x, r, u, g):
    """x <- x + sum g_j r_(j-1);  r_0 <- r_0 - sum g_j r_j;  u_0 <- u_0 - sum g_j u_j  (j >= 1)."""
    n = r.shape[1]
    for chunk in prange((n + _CHUNK - 1) // _CHUNK):
        first, last = chunk * _CHUNK, min((chunk + 1) * _CHUNK, n)
        a, p, q = x[first:last], r[0, first:last], u[0, first:last]
        for j in range(len(g)):
            b = r[j, first:last]
            for k in range(last - first):
                a[k] += g[j] * b[k]
        for j in range(len(g)):
            b, d = r[j + 1, first:last], u[j + 1, first:last]
            for k in range(last - first):
                p[k] -= g[j] * b[k]
                q[k] -= g[j] * d[k]
