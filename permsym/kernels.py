# mypy: disable-error-code="no-untyped-def"
"""Compiled loops over blocks: see :mod:`permsym.matrixfree` for what they compute.

numba compiles them on first use and keeps the result on disk.  Indices are unsigned where they are not negative: the
compiler then looks for no negative ones and vectorises, without the bookkeeping that slices take.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

# between two products threads are to sleep: on a busy machine spinning ones take the time of those that work
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when the threads are first started

from numba import njit, prange

_SERIAL = 2**17  # numbers up to which starting threads costs more than they save


def _both(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for several threads and for one; its first argument's size decides which runs."""

    def compiled(function: Any) -> Callable[..., Any]:
        # a name of its own on disk: the cache tells functions apart by name, not by options
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
def contract(x, offset, rows, low, high, kind, table, levels):
    """(blocks,) sum over each block of table times x."""
    found = np.zeros(len(rows), dtype=np.complex128)
    for e in range(len(rows)):
        total = 0.0j
        width = high[e] - low[e]
        for r in range(rows[e]):
            start = offset[e] + r * width
            base = r * levels + low[e]
            for c in range(width):
                total += table[kind[e], base + c] * x[start + c]
        found[e] = total
    return found


@njit(cache=True)
def spread(out, offset, rows, low, high, kind, factor, table, levels):
    """out += factor[e] table on every block; the transpose of :func:`contract`."""
    for e in range(len(rows)):
        width = high[e] - low[e]
        for r in range(rows[e]):
            for c in range(width):
                out[offset[e] + r * width + c] += factor[e] * table[kind[e], r * levels + low[e] + c]


@njit(cache=True)
def accumulate(out, offset, rows, low, high, kind, tied, factor, row_table, table):
    """out += factor[e] row_table[n] table[n'] on every block."""
    for e in range(len(rows)):
        width = high[e] - low[e]
        for r in range(rows[e]):
            start = offset[e] + r * width
            f = factor[e] if tied else factor[e] * row_table[r]
            for c in range(width):
                out[start + c] += f * table[kind[e], low[e] + c]


@_both(error_model="numpy")
def apply(x, out, diagonal, scaled, offset, rows, low, high, kind, tied, source, group, factor, up, right, row_table, table):
    """out = diagonal x + sum of links, or x + (sum of links) / diagonal where ``scaled``."""
    for e in prange(len(rows)):
        start = offset[e]
        first, last = low[e], high[e]
        width = last - first
        for i in range(start, offset[e + 1]):
            out[i] = 0
        for link in range(len(group)):
            g = group[link]
            code = source[g, e]
            f = factor[link, e]
            if code == -1 or f == 0:
                continue
            conjugated = code < -1
            s = -2 - code if conjugated else code
            begin = offset[s]
            k = kind[e]
            t = right[g, k]
            if tied:
                a, b = max(first, low[s] + t), min(last, high[s] + t)
                if a >= b:
                    continue
                here, there, at = np.uint64(start - first + a), np.uint64(begin - low[s] - t + a), np.uint64(a)
                if conjugated:
                    for c in range(np.uint64(b - a)):
                        out[here + c] += f * table[link, k, at + c] * np.conj(x[there + c])
                else:
                    for c in range(np.uint64(b - a)):
                        out[here + c] += f * table[link, k, at + c] * x[there + c]
                continue
            d = up[g]
            stride = high[s]
            # of a conjugated source the label (n, n') is stored at (n', n)
            most_rows = high[s] if conjugated else rows[s]
            most = rows[s] if conjugated else high[s]
            a, b = max(0, t), min(width, most + t)
            if a >= b:
                continue
            w = table[link, k, a:b]
            for r in range(max(0, d), min(rows[e], most_rows + d)):
                fu = f * row_table[link, r]
                here = start + r * width + a
                o = out[here : here + b - a]
                if conjugated:
                    there = begin + (a - t) * stride + (r - d)
                    for c in range(b - a):
                        o[c] += fu * w[c] * np.conj(x[there + c * stride])
                else:
                    there = begin + (r - d) * stride - t + a
                    y = x[there : there + b - a]
                    for c in range(b - a):
                        o[c] += fu * w[c] * y[c]
        if scaled:
            for i in range(start, offset[e + 1]):
                if diagonal[i] != 0:
                    out[i] = x[i] + out[i] / diagonal[i]
        else:
            for i in range(start, offset[e + 1]):
                out[i] += diagonal[i] * x[i]


@_both(error_model="numpy")
def apply_transposed(
    z, out, diagonal, scaled, offset, rows, low, high, kind, tied, target, mirror, mirror_start, group, factor, up, right, row_table, table
):
    """The adjoint of :func:`apply` under Re <z, x>, gathered.

    target[g, e] is the block that takes from e directly; ``mirror`` lists the (group, block) that take by conjugation.
    """
    for e in prange(len(rows)):
        start = offset[e]
        first, last = low[e], high[e]
        width = last - first
        for i in range(start, offset[e + 1]):
            out[i] = 0
        for link in range(len(group)):
            g = group[link]
            s = target[g, e]
            if s < 0 or factor[link, s] == 0:
                continue
            f = np.conj(factor[link, s])
            begin = offset[s]
            k = kind[s]
            t = right[g, k]
            if tied:
                a, b = max(low[s], first + t), min(high[s], last + t)
                if a >= b:
                    continue
                here, there, at = np.uint64(start - first - t + a), np.uint64(begin - low[s] + a), np.uint64(a)
                for c in range(np.uint64(b - a)):
                    out[here + c] += f * np.conj(table[link, k, at + c]) * z[there + c]
                continue
            d = up[g]
            a, b = max(0, t), min(high[s], width + t)
            if a >= b:
                continue
            w = table[link, k, a:b]
            for r in range(max(0, d), min(rows[s], rows[e] + d)):
                fu = f * np.conj(row_table[link, r])
                here, there = start + (r - d) * width - t + a, begin + r * high[s] + a
                o, y = out[here : here + b - a], z[there : there + b - a]
                for c in range(b - a):
                    o[c] += fu * np.conj(w[c]) * y[c]
        for pair in range(mirror_start[e], mirror_start[e + 1]):
            g, s = mirror[0, pair], mirror[1, pair]
            begin = offset[s]
            t, d = right[g, kind[s]], up[g]
            for link in range(len(group)):
                if group[link] != g:
                    continue
                f = factor[link, s]
                v = table[link, kind[s]]
                if tied:
                    here, there = start - first - t, begin - low[s]
                    for c in range(max(low[s], first + t), min(high[s], last + t)):
                        out[here + c] += f * v[c] * np.conj(z[there + c])
                    continue
                for r in range(max(0, d), min(rows[s], width + d)):
                    fu = f * row_table[link, r]
                    here, there = start - t * width + (r - d), begin + r * high[s]
                    for c in range(max(0, t), min(high[s], rows[e] + t)):
                        out[here + c * width] += fu * v[c] * np.conj(z[there + c])
        if scaled:
            for i in range(start, offset[e + 1]):
                if diagonal[i] != 0:
                    out[i] = z[i] + out[i] / np.conj(diagonal[i])
        else:
            for i in range(start, offset[e + 1]):
                out[i] += np.conj(diagonal[i]) * z[i]


@njit(cache=True)
def symmetrise(z, blocks, offset, rows, low, high, tied):
    """Hermitian parts of blocks that are their own conjugates: real parts of runs, (Z + Z^dag) / 2 of squares."""
    for k in range(len(blocks)):
        e = blocks[k]
        start, width = offset[e], high[e] - low[e]
        if tied:
            for i in range(start, offset[e + 1]):
                z[i] = z[i].real
            continue
        for r in range(rows[e]):
            for c in range(r + 1):
                mean = (z[start + r * width + c] + np.conj(z[start + c * width + r])) / 2
                z[start + r * width + c] = mean
                z[start + c * width + r] = np.conj(mean)


@njit(cache=True)
def embed(y, wide, rows, low, high, offset, block, wide_low, wide_high, wide_offset):
    """Copy every block into the block of wider ranges that holds it; what is not reached stays."""
    for e in range(len(rows)):
        b = block[e]
        if b < 0:
            continue
        width, wide_width = high[e] - low[e], wide_high[b] - wide_low[b]
        for r in range(rows[e]):
            here, there = offset[e] + r * width, wide_offset[b] + r * wide_width + low[e] - wide_low[b]
            for c in range(width):
                wide[there + c] = y[here + c]


@njit(cache=True)
def weigh(residual, z, top, wide_rows, wide_low, wide_high, wide_offset, wide_kind_excess, kept, block, rows, low, high, offset):
    """Sums of |residual| |z| on wide blocks: (inside, dropped by a cut), Re conj(z) . residual of both, and of the rest, |residual| |z|.

    z lives on the kept blocks and is continued from the nearest place of the same block.  A place counts as dropped if it
    is not kept, or if one of its levels is ``top`` or above, where products of cut matrices differ.  In the rest are blocks
    that are not kept, where ``block`` is a neighbour or -1 and only the size of z is known, if any.
    """
    inside, dropped, signed, elsewhere = 0.0, 0.0, 0.0, 0.0
    largest = 0.0
    for i in range(len(z)):
        largest = max(largest, abs(z[i]))
    for b in range(len(wide_rows)):
        width = wide_high[b] - wide_low[b]
        s = block[b]
        for r in range(wide_rows[b]):
            for c in range(width):
                size = abs(residual[wide_offset[b] + r * width + c])
                if size == 0:
                    continue
                if s < 0 or rows[s] == 0 or high[s] <= low[s]:
                    elsewhere += size * largest
                    continue
                column = wide_low[b] + c
                row, place = r, min(max(column, low[s]), high[s] - 1)
                if rows[s] > 1:  # down a diagonal of the square: a parity of n - n' is kept
                    over = max(0, r - rows[s] + 1, column - high[s] + 1)
                    row, place = r - over, column - over
                    if row < 0 or place < 0:
                        elsewhere += size * largest
                        continue
                known = z[offset[s] + row * (high[s] - low[s]) + place - low[s]]
                if not kept[b]:
                    elsewhere += size * abs(known)
                    continue
                signed += (np.conj(known) * residual[wide_offset[b] + r * width + c]).real
                level = max(r, column + wide_kind_excess[b])
                if row != r or place != column or level >= top:
                    dropped += size * abs(known)
                else:
                    inside += size * abs(known)
    return inside, dropped, signed, elsewhere


@njit(cache=True)
def by_levels(z, weights, difference, offset, low, levels):
    """(2, levels, levels) sums of weights times z, and of weights, by difference and place in its run."""
    found = np.zeros((2, levels, levels))
    for e in range(len(difference)):
        d = difference[e]
        for i in range(offset[e], offset[e + 1]):
            n = low[e] + i - offset[e]
            found[0, d, n] += weights[i] * z[i]
            found[1, d, n] += weights[i]
    return found


_CHUNK = 8192


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
                a, b = r[i, first:last], r[j, first:last]
                total = 0.0
                for k in range(last - first):
                    total += a[k] * b[k]
                parts[chunk, i, j] = total
    found = np.zeros((rows, rows))
    for chunk in range(chunks):
        found += parts[chunk]
    for i in range(rows):
        for j in range(i):
            found[j, i] = found[i, j]
    return found


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
