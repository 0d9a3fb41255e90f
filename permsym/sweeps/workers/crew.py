"""Worker processes of a run: started, watched and replaced.  Whatever a worker does, its end is noticed, and no wait is without bound."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import permsym
from permsym import machine
from permsym.errors import PermsymError
from permsym.sweeps.task import Job, Result

_LOOK = 1.0  # seconds between two looks at all workers
_STOPPED = 10  # looks at which a worker was stopped before it counts as lost: who suspends a run suspends this process, too
_STARTING = 300  # looks until it must have begun: libraries on a busy network disk take minutes
_STARTS = 5  # workers in a row that may end before they begin
_PART = 30  # seconds between two parts of one message
_REAPED = 5.0  # seconds until a killed process must be gone


class WorkerLost(PermsymError):
    """A worker process ended, or was ended because it was stopped."""


class Worker:
    """One process and the connection to it."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self.ready = False
        self._looks = self._stopped = 0
        ours, theirs = socket.socketpair()
        with theirs:
            for direction in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):  # a worker that is stopped within a message
                ours.setsockopt(socket.SOL_SOCKET, direction, struct.pack("@ll", _PART, 0))
            self.connection = Connection(ours.detach())
            # where user-defined models are, too
            paths = [
                str(Path(permsym.__file__).parents[1]),
                *(path or os.getcwd() for path in sys.path),
            ]
            environment = {**os.environ, **machine.ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)}
            try:  # -P: without it Python looks into the current folder first, and a file json.py there would run
                with _interrupts_blocked():
                    self.process = subprocess.Popen(
                        [sys.executable, "-P", "-m", "permsym.sweeps.workers.worker", str(theirs.fileno()), str(os.getpid())],
                        stdin=subprocess.DEVNULL,
                        pass_fds=[theirs.fileno()],
                        env=environment,
                    )
            except BaseException:
                self.connection.close()
                raise

    def start(self, job: Job) -> None:
        """Give it a task."""
        self.job = job
        with contextlib.suppress(OSError):  # its end shows when the answer is read
            self.connection.send(job[0])

    def answer(self) -> Result | None:
        """What it says: a result, or None where it has only begun.  WorkerLost where its process has ended."""
        try:
            answer: Any = self.connection.recv()
        except (EOFError, OSError):  # at the beginning of a message, within one, or too long within one
            raise WorkerLost(self._end_in_words()) from None
        if not self.ready:
            self.ready = True
            return None
        self.job = None
        return answer

    def look(self) -> None:
        """WorkerLost where it has ended in silence, where it does not begin, or where it is stopped."""
        self._looks += 1
        self._stopped = self._stopped + 1 if _is_stopped(self.process.pid) else 0
        if self.process.poll() is not None:
            raise WorkerLost(self._end_in_words())
        if self._stopped >= _STOPPED or (not self.ready and self._looks >= _STARTING):
            raise WorkerLost("it was stopped" if self._stopped else "it did not begin")

    def end(self) -> None:
        """Kill it."""
        self.connection.close()
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # one that hangs in the kernel
            self.process.wait(_REAPED)

    def _end_in_words(self) -> str:
        try:
            code = self.process.wait(_LOOK)
        except subprocess.TimeoutExpired:
            return "it fell silent"
        return f"signal {-code}" if code < 0 else f"exit code {code}"


class Crew:
    """All worker processes of a run; leaving the ``with`` block ends them."""

    def __init__(self) -> None:
        self.workers: list[Worker] = []
        self._looked = time.monotonic()
        self._failed_starts = 0

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.end()

    @property
    def idle(self) -> list[Worker]:
        """Workers that wait for a task."""
        return [worker for worker in self.workers if worker.ready and worker.job is None]

    @property
    def jobs(self) -> list[Job]:
        """What the others work on."""
        return [worker.job for worker in self.workers if worker.job is not None]

    def staff(self, number: int) -> None:
        """Start workers until there are so many, or as many as the system lets start.  OSError where it lets none."""
        while len(self.workers) < number:
            try:
                self.workers.append(Worker())
            except OSError:  # no process or file descriptor is free: fewer workers do it, too
                if not self.workers:
                    raise
                return

    def wait(self) -> list[tuple[Job, Result | WorkerLost]]:
        """What became of jobs within a second: results, and losses of their workers.

        WorkerLost is raised where workers end before they begin, one after the other.
        """
        heard: list[Any] = wait([worker.connection for worker in self.workers], _LOOK)
        due = time.monotonic() - self._looked >= _LOOK
        if due:
            self._looked = time.monotonic()
        ends: list[tuple[Job, Result | WorkerLost]] = []
        for worker in list(self.workers):
            job, ready = worker.job, worker.ready
            try:
                if worker.connection in heard:
                    answer = worker.answer()
                    self._failed_starts = 0
                    if job is not None and answer is not None:
                        ends.append((job, answer))
                elif due:
                    worker.look()
            except WorkerLost as loss:
                self.workers.remove(worker)
                worker.end()
                if job is not None:
                    ends.append((job, loss))
                if not ready:
                    self._failed_to_start(loss)
        return ends

    def _failed_to_start(self, loss: WorkerLost) -> None:
        self._failed_starts += 1
        if self._failed_starts >= _STARTS:
            raise WorkerLost(f"{_STARTS} worker processes ended before they began ({loss}); see their messages above") from loss


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """A process that is started inside never sees Ctrl-C, not even before its first statement; here it arrives afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _is_stopped(pid: int) -> bool:
    """Whether a child is stopped, by SIGSTOP for instance; nobody can tell on macOS before Python 3.13."""
    try:
        return os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
    except (AttributeError, ChildProcessError):
        return False
