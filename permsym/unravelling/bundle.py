"""Several trajectories side by side, on several cores: the same bits for any number of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.operators import ComplexArray
from permsym.sampling.dwell import Watched
from permsym.sampling.parallel import on_cores
from permsym.unravelling.engine import UPPER, Chain, Prepared

LOWEST = ""


class Bundle:
    """Trajectories of one model, from the lowest state and from one far away in turn.

    every     time between two readings
    watched   what is remembered of every reading of one column; None: nothing
    """

    def __init__(
        self, prepared: Prepared, number: int, seed: int, every: float, jobs: int | None, watched: tuple[Watched, int] | None = None
    ) -> None:
        self.every, self.jobs, self.watched = every, jobs, watched
        self.width = len(prepared.operators)
        self.chains = [Chain(prepared, (LOWEST, UPPER)[k % 2], seed, k) for k in range(number)]

    @property
    def trajectories(self) -> int:
        """How many."""
        return len(self.chains)

    def run(self, cells: int, per: int) -> tuple[ComplexArray, NDArray[np.float64]]:
        """Averages (trajectories, cells, readings) over ``per`` readings each, and all values of what is watched."""

        def walk(chain: Chain) -> ComplexArray:
            return chain.run(cells * per * self.every, self.every)

        readings = np.stack(on_cores([lambda chain=chain: walk(chain) for chain in self.chains], self.jobs))  # type: ignore[misc]
        series = np.zeros((len(readings), 0))
        if self.watched is not None:
            moment, column = self.watched
            series = moment.values(readings[:, :, column])
        return readings.reshape(len(readings), cells, per, -1).mean(axis=2), series

    @property
    def work(self) -> float:
        """Numbers of kets times products so far: a measure of time that is the same on every machine."""
        return float(sum(chain.effort["products"] * chain.state["psi"].size for chain in self.chains))

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Where the trajectories are, for a checkpoint."""
        return {f"chain_{k}_{name}": np.asarray(value) for k, chain in enumerate(self.chains) for name, value in chain.state.items()}

    def go_to(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Move the trajectories to where a checkpoint has them."""
        for k, chain in enumerate(self.chains):
            state = {name: arrays[f"chain_{k}_{name}"] for name in chain.state}
            self.chains[k] = Chain.from_state(chain.prepared, chain.start, chain.seed, chain.index, state)
