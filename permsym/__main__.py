"""The program: what ``permsym`` and ``python -m permsym`` start.

SIGINT and SIGTERM, with which batch systems end a job, stop it with one line and exit code 130, from its first statement on.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time

TYPE_CHECKING = False  # as in permsym/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SAID = b"permsym: interrupted; nothing half-written was left\n"
_CODE = 130  # 128 + SIGINT
_AGAIN = 0.02  # seconds
_PATIENCE = 5.0  # seconds; a user's model may compute for long while it is imported
_GARBAGE = (50_000, 20, 20)  # objects: 100,000 are imported, to stay; looking through them takes .12 s of 1 s with Python's numbers


class Interrupted(KeyboardInterrupt):
    """Stopped by a signal.  Python ends a process with the signal itself where a plain KeyboardInterrupt has passed an ``exec``."""


def start() -> NoReturn:
    """Run the command line, and end the process with its exit code."""
    _answer_with(_end)  # nothing is begun
    gc.set_threshold(*_GARBAGE)
    from permsym.cli import main

    try:
        _answer_with(_Raise())
        code = main()
        _forget_alarm()
    except KeyboardInterrupt:  # a second one, while the first is told
        code = _CODE
        _forget_alarm()
    _answer_with(lambda *_: os._exit(code))  # all is done and said: what is left is the end of the interpreter
    sys.exit(code)


def _answer_with(action: Callable[[int, FrameType | None], object]) -> None:
    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as a parent such as nohup may have decided
            signal.signal(number, action)


def _forget_alarm() -> None:
    """An interrupt that still waits for an import comes too late; without a handler its alarm would kill the interpreter that ends."""
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_IGN)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    os.write(2, _SAID)
    os._exit(_CODE)


class _Raise:
    """Raises Interrupted, after an import that is in progress: its module may print the exception, or take it for another one."""

    def __init__(self) -> None:
        self._asked = 0.0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        self._asked = self._asked or now
        if hasattr(signal, "setitimer") and _imports(frame) and now - self._asked < _PATIENCE:
            signal.signal(signal.SIGALRM, self)
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
            return
        self._asked = 0.0
        raise Interrupted


def _imports(frame: FrameType | None) -> bool:
    """Whether a module is being imported, for which the frame's caller, or one of its callers, waits."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


if __name__ == "__main__":
    start()
