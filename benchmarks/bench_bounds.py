"""Error bound over true error on the direct path, 100 random small models: violations (below 1), quantiles.  SEEDS as an argument."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from oracles.tightness import ratios

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    values = ratios(range(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
    shown = np.quantile(values, [0, 0.01, 0.1, 0.5, 0.9, 1])
    print(f"{len(values)} moments, {int((values < 1).sum())} violations")
    print("   ".join(f"{name} {value:.3g}" for name, value in zip(("least", "1 %", "10 %", "median", "90 %", "most"), shown, strict=True)))
