"""The problems of the reference set.

Each is a sweep file beside its dataset in the folder ``reference`` of the reference data; what it is about stands here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from permsym.dataset.reference import reference_folder, sums
from permsym.errors import InputError
from permsym.text import suggestion

if TYPE_CHECKING:
    import xarray as xr

    from permsym.sweeps.definition import Sweep

SET = "permsym-reference 1"
"""Name and version of the whole set; raised when a problem, a point or a value changes."""


@dataclass(frozen=True)
class Problem:
    """One problem.

    physics      two sentences
    hard         why approximations find it hard
    quantities   moments' labels and derived quantities that are asked for, at every point
    """

    name: str
    title: str
    physics: str
    hard: str
    quantities: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Its sweep file; the dataset has the same name and .nc."""
        return reference_folder() / "reference" / f"{self.name}.toml"

    @cached_property
    def sweep(self) -> Sweep:
        """Model, points and methods."""
        from permsym.sweeps.file.sweep_file import read_sweep_file

        return read_sweep_file(self.path).sweep

    @cached_property
    def data(self) -> xr.Dataset:
        """Exact values and permsym's own approximations; InputError where the file is not the one that was shipped."""
        from permsym.dataset import netcdf

        path = self.path.with_suffix(".nc")
        try:
            image, checksum = path.read_bytes(), sums(path.parent)[path.name]
        except (OSError, LookupError, ValueError) as error:
            raise InputError(f"the reference data {str(path)!r} cannot be read ({error}); install permsym again") from error
        if hashlib.sha256(image).hexdigest() != checksum:
            raise InputError(f"the reference data {str(path)!r} are not those that were shipped; install permsym again")
        return netcdf.read(path)


PROBLEMS = {
    problem.name: problem
    for problem in (
        Problem(
            "central-spin-fixed-kappa",
            "Central spin with decay in proportion to N",
            "A central spin exchanges excitations with N pumped satellites and decays at kappa = N/16. "
            "Its population tends to a limit in which mean field is exact.",
            "Corrections fall as 1/N alone, and odd orders of the cumulant expansion have another limit.",
            ("p0_up", "z1", "+1 -2", "+0 -1", "z0 z1"),
        ),
        Problem(
            "central-spin-fixed-coupling",
            "Central spin at fixed g sqrt(N)",
            "A central spin couples to N pumped satellites with g = 3/sqrt(N) and decays at a fixed rate. "
            "Many satellites share what one excitation of the centre can carry.",
            "The centre never becomes classical: it stays correlated with the satellites at any N.",
            ("p0_up", "z1", "+1 -2", "+0 -1", "z0 z1"),
        ),
        Problem(
            "central-spin-pump",
            "Central spin from weak to strong pump",
            "The pump of twenty satellites grows from far below to far above the decay. "
            "The centre's population rises, saturates and falls again.",
            "No order of the cumulant expansion is the best one over the whole range.",
            ("p0_up", "z1", "+1 -2"),
        ),
        Problem(
            "central-spin-dephasing",
            "Central spin with strong dephasing of the satellites",
            "Each satellite loses its phase faster than it exchanges an excitation. Correlations between satellites stay small.",
            "It is the easy end of the scale: a method that fails here neglects more than pair correlations.",
            ("p0_up", "z1", "+1 -2"),
        ),
        Problem(
            "tavis-cummings-threshold",
            "Pumped cavity at its lasing threshold",
            "A lossy cavity mode couples to N pumped two-level systems with g = 0.9/sqrt(N). "
            "Gain and loss nearly balance, so that the photon number grows slower than N.",
            "Fluctuations are as large as means: g2 lies between thermal and coherent light.",
            ("photons", "g2", "p_up", "+1 -2"),
        ),
        Problem(
            "tavis-cummings-pump",
            "Pumped cavity from below threshold through lasing to quenching",
            "The pump of ten two-level systems in a cavity grows a hundredfold. "
            "The mode is thermal at first, coherent above threshold, and thermal again where the pump destroys the emitters' coherence.",
            "One method must do for thermal light, coherent light and both crossovers.",
            ("photons", "g2", "p_up", "+1 -2"),
        ),
        Problem(
            "weak-excitation",
            "Weakly driven cavity with few emitters",
            "A weak drive excites a cavity with one to four emitters at fixed cooperativity. "
            "Two-photon amplitudes interfere, and the light is antibunched.",
            "All photon numbers are tiny: g2 is a ratio of numbers of the fourth and second order in the drive.",
            ("photons", "g2"),
        ),
        Problem(
            "bistable-cavity",
            "Driven cavity around its semiclassical bistability",
            "A drive pushes a cavity with ten emitters from the lower to the upper branch. "
            "Quantum fluctuations switch between the branches, so that the steady state is unique.",
            "Mean field has two solutions; the exact state is a mixture that no Gaussian describes.",
            ("photons", "g2", "coherent_photons"),
        ),
        Problem(
            "dicke-local-loss",
            "Dicke model with local loss and dephasing",
            "A few emitters couple to a cavity with rotating and counter-rotating terms above the critical coupling. "
            "Local loss restores the transition that dephasing alone suppresses.",
            "The state is a mixture of two displaced lobes that only parity relates.",
            ("photons", "g2", "p_up"),
        ),
        Problem(
            "superradiant-burst",
            "Superradiant burst of inverted emitters",
            "All emitters begin excited and decay collectively. They emit a pulse whose peak grows as the square of their number.",
            "Quantum fluctuations start the pulse: mean field stays inverted for ever.",
            ("+1 -2", "z1"),
        ),
        Problem(
            "laser-linewidth",
            "Linewidth of a pumped cavity",
            "The coherence of the mode decays with a rate far below all others above threshold. The line narrows as photons become many.",
            "The rate is a small eigenvalue that phase diffusion alone sets.",
            ("linewidth", "photons"),
        ),
        Problem(
            "squeezed-spins",
            "Spin squeezing by two-axis twisting with collective loss",
            "Emitters that begin excited are squeezed by pairs of excitations, while they decay collectively. "
            "The best squeezing and its time follow from the competition of the two.",
            "Squeezing is a small difference of second moments that losses limit.",
            ("squeezing_wineland", "z1", "+1 +2"),
        ),
    )
}
"""The problems by name."""


def problem(name: str) -> Problem:
    """The problem of a name; InputError where there is none."""
    if name not in PROBLEMS:
        raise InputError(f"there is no reference problem {name!r}; {suggestion(name, PROBLEMS, 'there are')}")
    return PROBLEMS[name]
