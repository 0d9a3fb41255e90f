"""Several trajectories side by side, on several cores: the same bits for any number of these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from permsym import machine
from permsym.operators import ComplexArray
from permsym.unravelling.engine import UPPER, Chain, Prepared

T = TypeVar("T")

LOWEST = ""


def on_cores(tasks: Sequence[Callable[[], T]], jobs: int | None) -> list[T]:
    """The results of tasks in their order, so many at once; None: as many as there are cores."""
    number = min(jobs or machine.cores(), len(tasks))
    if number == 1:
        return [task() for task in tasks]
    pool = ThreadPoolExecutor(number)
    try:
        return [future.result() for future in [pool.submit(task) for task in tasks]]
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupt waits for what runs, and not for what would come


class Bundle:
    """Trajectories of one model, from the lowest state and from one far away in turn.

    every   time between two readings
    """

    def __init__(self, prepared: Prepared, number: int, seed: int, every: float, jobs: int | None) -> None:
        self.every, self.jobs = every, jobs
        self.chains = [Chain(prepared, (LOWEST, UPPER)[k % 2], seed, k) for k in range(number)]

    def run(self, readings: int) -> ComplexArray:
        """(trajectories, readings, observables) from where they stopped."""

        def walk(chain: Chain) -> ComplexArray:
            return chain.run(readings * self.every, self.every)

        return np.stack(on_cores([lambda chain=chain: walk(chain) for chain in self.chains], self.jobs))  # type: ignore[misc]

    @property
    def work(self) -> float:
        """Numbers of kets times products so far: a measure of time that is the same on every machine."""
        return float(sum(chain.effort["products"] * chain.state["psi"].size for chain in self.chains))

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Where the trajectories are, for a checkpoint."""
        return {f"chain_{k}_{name}": np.asarray(value) for k, chain in enumerate(self.chains) for name, value in chain.state.items()}

    def go_to(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Move the trajectories to where a checkpoint has them."""
        for k, chain in enumerate(self.chains):
            state = {name: arrays[f"chain_{k}_{name}"] for name in chain.state}
            self.chains[k] = Chain.from_state(chain.prepared, chain.start, chain.seed, chain.index, state)
