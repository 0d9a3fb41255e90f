"""Processes that can be cancelled: a factorisation cannot be interrupted, so that its process is ended and another takes its place."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from typing import TYPE_CHECKING, Any

from permsym.errors import PermsymError
from permsym.explore.jobs import Refused
from permsym.explore.worker import HEAD, framed

if TYPE_CHECKING:
    from permsym.explore.jobs import Answer, Job


class Lost(PermsymError):
    """A process ended in the middle of a job."""


class JobRefused(PermsymError):
    """A job that came to nothing, in words.

    parameter   the name of what is wrong, where it has one
    """

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.message)
        self.parameter = refused.parameter


class Worker:
    """One process and its pipes."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._reply: asyncio.Task[Any] | None = None

    @classmethod
    async def start(cls) -> Worker:
        """A process that gets ready for its first job."""
        command = [sys.executable, "-m", "permsym.explore.worker"]
        return cls(await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, start_new_session=True, env=dict(os.environ)))

    async def ask(self, job: Job) -> Answer:
        """The answer to a job.  Whoever is cancelled here leaves the job running: :meth:`rest` then says whether it ended."""
        assert self.process.stdin is not None
        self.process.stdin.write(framed(job))
        self._reply = asyncio.ensure_future(self._read())
        answer = await asyncio.shield(self._reply)
        if isinstance(answer, Refused):
            raise JobRefused(answer)
        return answer

    async def _read(self) -> object:
        assert self.process.stdout is not None
        try:
            head = await self.process.stdout.readexactly(HEAD.size)
            return pickle.loads(await self.process.stdout.readexactly(HEAD.unpack(head)[0]))
        except (asyncio.IncompleteReadError, OSError):
            code = await self.process.wait()
            raise Lost(f"the process that computed was ended from outside ({_ended(code)}); move a slider to go on") from None

    async def rest(self, seconds: float) -> bool:
        """Whether the job that runs ends within so many seconds."""
        if self._reply is None:
            return True
        with contextlib.suppress(PermsymError):
            await asyncio.wait([self._reply], timeout=seconds)
        return self._reply.done() and self._reply.exception() is None

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self.process.returncode is None

    async def end(self) -> None:
        """End the process, whatever it does."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        if self._reply is not None:
            with contextlib.suppress(PermsymError, asyncio.CancelledError):
                await self._reply


def _ended(code: int) -> str:
    return f"signal {-code}, perhaps for lack of memory" if code < 0 else f"exit code {code}"


class Stable:
    """A process in reserve: its imports, most of a second, are done when it is needed."""

    def __init__(self) -> None:
        self._spare: asyncio.Task[Worker] | None = None
        self._closed = False

    async def take(self) -> Worker:
        """A process; another gets ready."""
        spare, self._spare = self._spare, None
        worker = await (spare or Worker.start())
        if not self._closed:
            self._spare = asyncio.ensure_future(Worker.start())
        return worker if worker.alive else await Worker.start()

    async def close(self) -> None:
        """End the process in reserve."""
        self._closed = True
        if self._spare is not None:
            await (await self._spare).end()


class Lane:
    """One job at a time, in one process.

    grace   seconds that a job has to end once it is no longer wanted; its process is ended then
    """

    def __init__(self, stable: Stable, grace: float) -> None:
        self._stable, self._grace = stable, grace
        self._turn, self._change = asyncio.Lock(), asyncio.Lock()
        self._worker: Worker | None = None
        self._closed = False

    async def run(self, job: Job, seconds: float | None = None) -> Answer:
        """The answer to a job; TimeoutError after so many seconds, where there is such a limit.

        Whoever waits is cancelled to cancel the job.  Raises JobRefused, and Lost where the process was ended from outside.
        """
        async with self._turn:
            worker = await asyncio.shield(asyncio.ensure_future(self._ready()))
            try:
                async with asyncio.timeout(seconds):
                    return await worker.ask(job)
            except (asyncio.CancelledError, TimeoutError):
                self._settling = asyncio.ensure_future(self._settle())
                raise

    async def _settle(self) -> None:
        """End the process where its job goes on after the grace."""
        async with self._change:
            worker = self._worker
            if worker is not None and not (worker.alive and await worker.rest(self._grace)):
                self._worker = None
                await worker.end()

    async def _ready(self) -> Worker:
        """A process with nothing to do."""
        await self._settle()
        async with self._change:
            if self._closed:
                raise Lost("the page is closed")
            if self._worker is None:
                self._worker = await self._stable.take()
            return self._worker

    async def close(self) -> None:
        """End the process."""
        self._closed = True
        async with self._change:
            if self._worker is not None:
                await self._worker.end()
                self._worker = None
