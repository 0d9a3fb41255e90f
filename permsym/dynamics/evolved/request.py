"""What is asked of an evolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.evolved.keeping import Keeping
from permsym.dynamics.initial_density import Initial
from permsym.dynamics.propagator import Integrator
from permsym.dynamics.taylor.steps import Clock


@dataclass(frozen=True)
class Request:
    """What is asked of an evolution."""

    times: NDArray[np.float64]
    initial: Initial
    tolerance: float
    method: Integrator
    keeping: Keeping
    zero: float
    clock: Clock | None
