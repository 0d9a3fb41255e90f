"""One thread for linear algebra: points run side by side instead, and the order of sums is the same everywhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

ENVIRONMENT = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMBA")
}  # what a process must find before it loads the libraries
"""Variables that keep a new process to one thread."""


@contextlib.contextmanager
def single_threaded() -> Iterator[None]:
    """The libraries loaded in this process on one thread, inside the block.

    Sums split over threads are added in another order: without this, the last digits would depend on the machine's cores.
    """
    import scipy.sparse.linalg  # noqa: F401  only libraries that are loaded can be limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
