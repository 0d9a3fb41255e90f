"""The problems of the reference set.

Each is a sweep file beside its dataset in the folder ``reference`` of the reference data; what it is about stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from permsym.dataset.reference import reference_folder, shipped
from permsym.errors import InputError
from permsym.text import suggestion

if TYPE_CHECKING:
    import xarray as xr

    from permsym.model import Model
    from permsym.sweeps.definition import Sweep

SET = "permsym-reference 1"
"""Name and version of the whole set; raised when a problem, a point or a value changes."""


@dataclass(frozen=True)
class Problem:
    """One problem.

    physics      two sentences
    hard         why approximations find it hard
    quantities   moments' labels and derived quantities that are asked for, at every point
    small        what the first point's parameters become where the whole product space is to be small: few satellites, few levels
    """

    name: str
    title: str
    physics: str
    hard: str
    quantities: tuple[str, ...]
    small: Mapping[str, int]

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
        return shipped(self.path.with_suffix(".nc"))

    @cached_property
    def small_model(self) -> Model:
        """The model at the first point, but with the parameters of :attr:`small`."""
        return self.sweep.source.model({**self.sweep.parameters(self.sweep.indices[0]), **self.small})


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
            {"N": 3},
        ),
        Problem(
            "central-spin-fixed-coupling",
            "Central spin at fixed g sqrt(N)",
            "A central spin couples to N pumped satellites with g = 3/sqrt(N) and decays at a fixed rate. "
            "Many satellites share what one excitation of the centre can carry.",
            "The centre never becomes classical: it stays correlated with the satellites at any N.",
            ("p0_up", "z1", "+1 -2", "+0 -1", "z0 z1"),
            {"N": 3},
        ),
        Problem(
            "central-spin-pump",
            "Central spin from weak to strong pump",
            "The pump of twenty satellites grows from far below to far above the decay. "
            "The centre's population rises, saturates and falls again.",
            "No order of the cumulant expansion is the best one over the whole range.",
            ("p0_up", "z1", "+1 -2"),
            {"N": 3},
        ),
        Problem(
            "central-spin-dephasing",
            "Central spin with strong dephasing of the satellites",
            "Each satellite loses its phase faster than it exchanges an excitation. Correlations between satellites stay small.",
            "It is the easy end of the scale: a method that fails here neglects more than pair correlations.",
            ("p0_up", "z1", "+1 -2"),
            {"N": 3},
        ),
        Problem(
            "tavis-cummings-below",
            "Pumped cavity below threshold",
            "A lossy cavity mode couples to N pumped two-level systems with g = 0.3/sqrt(N), at 0.36 times the semiclassical threshold. "
            "The photon number tends to a constant, and the light is nearly thermal.",
            "Mean field has no photons at all: everything is fluctuations.",
            ("photons", "g2", "p_up", "+1 -2"),
            {"N": 2, "levels": 12},
        ),
        Problem(
            "tavis-cummings-threshold",
            "Pumped cavity at its lasing threshold",
            "The same with g = 0.5/sqrt(N), where gain equals loss: 4 N g^2 (gamma_up - gamma_down) = kappa (gamma_up + gamma_down)^2. "
            "The photon number grows as the square root of N.",
            "Fluctuations are as large as means at any N: g2 lies between thermal and coherent light.",
            ("photons", "g2", "p_up", "+1 -2"),
            {"N": 2, "levels": 12},
        ),
        Problem(
            "tavis-cummings-above",
            "Pumped cavity above threshold",
            "The same with g = 0.9/sqrt(N), at 3.24 times the threshold. "
            "Light turns coherent as N grows, and the emitters' inversion is clamped where gain equals loss.",
            "Few emitters do not lase, many do: corrections to mean field fall slowly, and g2 - 1 falls last.",
            ("photons", "g2", "p_up", "+1 -2"),
            {"N": 2, "levels": 16},
        ),
        Problem(
            "tavis-cummings-pump",
            "Pumped cavity from below threshold through lasing to quenching",
            "The pump of ten two-level systems in a cavity grows a hundredfold. "
            "The mode is thermal at first, coherent above threshold, and thermal again where the pump destroys the emitters' coherence.",
            "One method must do for thermal light, coherent light and both crossovers.",
            ("photons", "g2", "p_up", "+1 -2"),
            {"N": 2, "levels": 24},
        ),
        Problem(
            "weak-excitation",
            "Weakly driven cavity with few emitters",
            "A weak drive excites a cavity with one to four emitters at fixed cooperativity. "
            "Two-photon amplitudes interfere, and the light is antibunched.",
            "All photon numbers are tiny: g2 is a ratio of numbers of the fourth and second order in the drive.",
            ("photons", "g2"),
            {"N": 2, "levels": 6},
        ),
        Problem(
            "bistable-cavity",
            "Driven cavity around its semiclassical bistability",
            "A drive pushes a cavity with ten emitters from the lower to the upper branch. "
            "Quantum fluctuations switch between the branches, so that the steady state is unique.",
            "Mean field has two solutions; the exact state is a mixture that no Gaussian describes.",
            ("photons", "g2", "coherent_photons"),
            {"N": 2, "levels": 30},
        ),
        Problem(
            "dicke-local-loss",
            "Dicke model with local loss and dephasing",
            "A few emitters couple to a cavity with rotating and counter-rotating terms above the critical coupling. "
            "Local loss restores the transition that dephasing alone suppresses.",
            "The state is a mixture of two displaced lobes that only parity relates.",
            ("photons", "g2", "p_up"),
            {"N": 2, "levels": 24},
        ),
        Problem(
            "superradiant-burst",
            "Superradiant burst of inverted emitters",
            "All emitters begin excited and decay collectively. They emit a pulse whose peak grows as the square of their number.",
            "Quantum fluctuations start the pulse: mean field stays inverted for ever.",
            ("+1 -2", "z1"),
            {"N": 4},
        ),
        Problem(
            "laser-linewidth",
            "Linewidth of a pumped cavity",
            "The coherence of the mode decays with a rate far below all others above threshold. The line narrows as photons become many.",
            "The rate is a small eigenvalue that phase diffusion alone sets.",
            ("linewidth", "photons"),
            {"N": 1, "levels": 16},
        ),
        Problem(
            "squeezed-spins",
            "Spin squeezing by two-axis twisting with collective loss",
            "Emitters that begin excited are squeezed by pairs of excitations, while they decay collectively. "
            "The best squeezing and its time follow from the competition of the two.",
            "Squeezing is a small difference of second moments that losses limit.",
            ("squeezing_wineland", "z1", "+1 +2"),
            {"N": 4},
        ),
        Problem(
            "two-ensembles",
            "Two unequal ensembles that share a collective loss",
            "Two clouds of pumped emitters, one half as large as the other, decay into the same mode. "
            "A difference of their frequencies, small or large, lets them emit together or apart.",
            "Correlations across the ensembles carry the synchronisation; each cloud is too small for mean field.",
            ("z1@A", "z1@B", "+1@A -2@A", "+1@A -1@B"),
            {"N": 2},
        ),
        Problem(
            "three-level-laser",
            "Laser of three-level emitters with a slow feeding step",
            "Emitters are pumped to a third level that feeds the upper level of the lasing transition slowly. "
            "A good part of them waits there and gives no gain.",
            "Populations of three levels and the field depend on each other; few emitters stay far from mean field.",
            ("photons", "g2", "|1><1|1", "|2><2|1"),
            {"N": 2, "levels": 14},
        ),
        Problem(
            "pump-ramp",
            "Pumped cavity whose pump grows in time",
            "Emitters begin in their lower state, and their pump grows linearly through threshold. "
            "Light starts from spontaneous emission and passes from thermal to coherent on the way.",
            "Mean field stays dark for ever; what turns the light on is a fluctuation.",
            ("photons", "g2", "z1", "+1 -2"),
            {"N": 2, "levels": 18},
        ),
        Problem(
            "superradiant-linewidth",
            "Linewidth of a superradiant laser",
            "Pumped emitters decay collectively into a cavity that no longer stores light. "
            "Their dipoles lock, and the line of their light is far narrower than the pump is fast.",
            "The width is a small eigenvalue that pair correlations alone set.",
            ("linewidth", "+1 -2", "z1"),
            {"N": 4},
        ),
        Problem(
            "photon-counting",
            "Counted photons of a pumped cavity",
            "Every photon that leaves a cavity with five pumped emitters is counted. "
            "The variance of their number over its mean, the Fano factor, is large at threshold and falls towards one above it.",
            "The Fano factor is an integral over all delays of a four-operator correlation; moments of one time do not give it.",
            ("counting_fano@L[a] central", "counting_current@L[a] central"),
            {"N": 1, "levels": 24},
        ),
        Problem(
            "photon-correlations",
            "Photon correlations over delays",
            "A pumped cavity crosses over from few to ten emitters, slightly above threshold. "
            "Bunching decays within the time in which gain and loss balance again, and undershoots in between.",
            "Each delay needs the regression of a four-operator correlation, where odd orders begin at g2 = 2.",
            ("g2_delayed", "photons"),
            {"N": 2, "levels": 18},
        ),
    )
}
"""The problems by name."""


def problem(name: str) -> Problem:
    """The problem of a name; InputError where there is none."""
    if name not in PROBLEMS:
        raise InputError(f"there is no reference problem {name!r}; {suggestion(name, PROBLEMS, 'there are')}")
    return PROBLEMS[name]
