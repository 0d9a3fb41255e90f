"""The process of a lane: jobs come in on standard input, answers go out on standard output, each as a length and a pickle.

It ends when its input does, also in the middle of a job: with the server nothing of it stays behind.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import struct
import sys
import threading
import traceback
import warnings
from typing import BinaryIO

from permsym.errors import InputError, PermsymError
from permsym.explore.jobs import Answer, Desk, Job, Refused

HEAD = struct.Struct("<Q")
"""The length of what follows."""


def framed(value: object) -> bytes:
    """A value as it goes through a pipe."""
    body = pickle.dumps(value)
    return HEAD.pack(len(body)) + body


def main() -> None:
    """Answer jobs until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which then ends its processes
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a model function prints must not come between answers
    jobs: queue.Queue[Job] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()
    warnings.simplefilter("ignore")  # statuses and certificates say it
    import permsym.sweeps.methods  # noqa: F401  what the first job needs

    desk = Desk()
    while True:
        out.write(framed(_answered(jobs.get(), desk)))
        out.flush()


def _listen(source: BinaryIO, jobs: queue.Queue[Job]) -> None:
    """Take jobs from the pipe; end the process with it."""
    while len(head := source.read(HEAD.size)) == HEAD.size:
        jobs.put(pickle.loads(source.read(HEAD.unpack(head)[0])))
    os._exit(0)


def _answered(job: Job, desk: Desk) -> Answer | Refused:
    """The answer to a job, or why there is none."""
    try:
        return job.run(desk)
    except InputError as error:
        return Refused(" ".join(str(error).split()), error.parameter)
    except PermsymError as error:
        return Refused(" ".join(str(error).split()))
    except MemoryError:
        return Refused("out of memory in the middle of the work; use fewer satellites or free some memory")
    except Exception as error:
        traceback.print_exc()  # on the terminal of the server
        fault = f"this is a fault of permsym ({type(error).__name__}: {str(error)[:150]})"
        return Refused(f"{fault}; please report it with what the terminal says")


if __name__ == "__main__":
    main()
