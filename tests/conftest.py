"""What holds for every test: interrupts arrive, and workers that run side by side do not write into one another's caches."""

import gc
import os
import signal
from pathlib import Path

import pytest

# a parent that ignores interrupts, such as a shell's background job, must not make the tested processes ignore them
signal.signal(signal.SIGINT, signal.default_int_handler)

# thousands of tests are collected and live to the end: garbage collections need not go through them again and again
gc.disable()

# numba numbers its files by counting those that are there, which two processes at once do alike
worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
os.environ["NUMBA_CACHE_DIR"] = str(Path(__file__).parents[1] / ".pytest_cache" / "numba" / worker)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """``@pytest.mark.quick(IDS)``: of a test with many cases these run by default, the others with the slow tests."""
    for item in items:
        quick = item.get_closest_marker("quick")
        if quick and item.callspec.id not in quick.args:
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish():
    """From here on garbage is collected, among what is made from here on."""
    gc.freeze()
    gc.enable()
