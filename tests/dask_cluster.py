"""A Dask scheduler and its workers as real processes on the loopback interface."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from sweep_processes import until

WORKER = ["worker", "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
_TTL = "30s"  # after which a silent worker is given up, instead of five minutes


class Cluster:
    """A scheduler at ``address`` with two workers; leaving the ``with`` block ends them."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
        self.folder, self.log = folder, (folder / "log").open("a")
        self.scheduler, self.workers = None, [None, None]

    def __enter__(self):
        self.repair()
        return self

    def __exit__(self, *_):
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()
        self.log.close()

    def repair(self):
        """Start what does not run; returns when all workers have registered."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            for worker in filter(None, self.workers):  # they would find the new one in their own time
                worker.kill()
                worker.wait()
            port = self.address.rpartition(":")[2]
            self.scheduler = self._started("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard", "--no-show")
        before = self._registered()
        missing = [index for index, worker in enumerate(self.workers) if worker is None or worker.poll() is not None]
        for index in missing:
            self.workers[index] = self._started(*WORKER, self.address)
        until(lambda: self._registered() >= before + len(missing), 90)

    def _registered(self):
        return (self.folder / "log").read_text().count("Registered to")

    def _started(self, kind, *words):
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "5s"}
        environment["DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL"] = _TTL
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words]
        return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=self.log, stderr=self.log)
