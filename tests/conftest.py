"""What holds for every test: interrupts arrive, and workers that run side by side do not write into one another's caches."""

import os
import signal
from pathlib import Path

# a parent that ignores interrupts, such as a shell's background job, must not make the tested processes ignore them
signal.signal(signal.SIGINT, signal.default_int_handler)

# numba numbers its files by counting those that are there, which two processes at once do alike
worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
os.environ["NUMBA_CACHE_DIR"] = str(Path(__file__).parents[1] / ".pytest_cache" / "numba" / worker)
