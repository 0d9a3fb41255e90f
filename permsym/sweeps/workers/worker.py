"""A worker process: takes tasks from its parent, one at a time, and gives back results.

It is started as a program of its own, not by fork: it shares no memory, locks or open files with its parent.  It runs its
linear algebra on one thread, and ends when the parent does.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time

_PDEATHSIG = 1


def main(descriptor: int, parent: int) -> int:
    """Serve tasks from the connection with this file descriptor until it closes; returns the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides
    try:
        _die_with(parent)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no result
        _serve(descriptor)
    except Exception as error:  # no memory, no file descriptor: the parent tries with another one
        text = f"permsym: a worker process ends ({type(error).__name__}: {' '.join(str(error).split())[:200]})\n"
        with contextlib.suppress(OSError):
            os.write(2, text.encode(errors="replace"))
        return 1
    return 0


def _serve(descriptor: int) -> None:
    from multiprocessing.connection import Connection

    from permsym import machine
    from permsym.sweeps.bench import Bench
    from permsym.sweeps.task import compute

    bench = Bench()
    with contextlib.suppress(EOFError, ConnectionError), Connection(descriptor) as connection, machine.single_threaded():
        connection.send("ready")
        while True:
            task = connection.recv()
            connection.send(compute(task, bench))


def _die_with(parent: int) -> None:
    """End with the parent, even in the middle of a point: told by the kernel on Linux, and by a look every second elsewhere."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
