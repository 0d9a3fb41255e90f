"""Exact permutation-symmetric steady states of many-to-one open quantum systems, with certificates.

Everything public is reachable from here and loads on first use:

    import permsym as ps
    state = ps.steady_state(ps.models.central_spin(N=150))
    state.moment("+1 -2"), state.certificate
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0"

TYPE_CHECKING = False  # `typing` itself takes a third of the time until `python -m permsym` answers an interrupt
if TYPE_CHECKING:
    from typing import Any

    from permsym import cumulants, dataset, figures, models, moments, pictures, plot, pulses
    from permsym.basis.several import Cut
    from permsym.bounding.bounds import Bounds, bounds
    from permsym.dataset import open_dataset, open_reference
    from permsym.dynamics.counting.full_counting import CountingCertificate, FullCounting, full_counting
    from permsym.dynamics.counting.until import CountedNumber, counted_number
    from permsym.dynamics.eigenvalues import Eigenvalues, eigenvalues
    from permsym.dynamics.evolve import evolve
    from permsym.dynamics.evolved.certificate import EvolutionCertificate
    from permsym.dynamics.evolved.evolution import Evolution
    from permsym.dynamics.evolved.files import load_state
    from permsym.dynamics.evolved.state import EvolvedState
    from permsym.dynamics.initial import InitialState, SiteState
    from permsym.dynamics.periodic.floquet import Floquet, floquet
    from permsym.dynamics.spectra.linewidth import Linewidth, linewidth
    from permsym.dynamics.spectra.spectrum import PowerSpectrum, SpectrumCertificate, spectrum
    from permsym.dynamics.two_time.correlation import correlation, g1, g2
    from permsym.dynamics.two_time.result import Correlation, CorrelationCertificate
    from permsym.errors import DegenerateSteadyState, InputError, NothingCounted, PermsymError, TooLarge, UncertifiedWarning
    from permsym.gradients.differences import Difference, derivative
    from permsym.gradients.fitting.fit import fit
    from permsym.gradients.fitting.result import Fit
    from permsym.gradients.gradient import gradient
    from permsym.gradients.result import Gradient
    from permsym.information.evolving import FisherSeries
    from permsym.information.fisher import fisher
    from permsym.information.results import ParameterFisher
    from permsym.jumps import Central, Collective, Individual
    from permsym.linear.assembled.solver import BiCGStab
    from permsym.linear.incomplete_lu import IncompleteLU
    from permsym.linear.pardiso import Pardiso
    from permsym.linear.shift_invert import ShiftInvert
    from permsym.linear.superlu import SuperLU
    from permsym.model import Model
    from permsym.moments.mode import Mode
    from permsym.moments.phase_space import husimi, spin_husimi, spin_wigner, wigner
    from permsym.moments.reduced import concurrence, entropy, negativity, purity
    from permsym.operators import Operator
    from permsym.semiclassical import twa
    from permsym.semiclassical.linear_noise.solve import linear_noise
    from permsym.semiclassical.linear_noise.state import LinearNoise
    from permsym.sites import Boson, Ensemble, Levels, Spin
    from permsym.states.density import DensityOperator
    from permsym.states.qutip import from_matrix, from_qutip
    from permsym.steady.certificate import Certificate
    from permsym.steady.hermite.series import hermite_state
    from permsym.steady.solve import steady_state
    from permsym.steady.state import State
    from permsym.sweeps.grid import sweep
    from permsym.sweeps.limits.infinite import Limit, limit
    from permsym.unravelling.photons import PhotonRecord, photon_record
    from permsym.unravelling.result import TrajectoryEvolution, TrajectoryState
    from permsym.unravelling.trajectories import trajectories
    from permsym.validity.regions import ValidityMap
    from permsym.validity.run import validity_map

_PLACES = {
    "permsym.bounding.bounds": ("Bounds", "bounds"),
    "permsym.dataset": ("open_dataset", "open_reference"),
    "permsym.dynamics.counting.until": ("CountedNumber", "counted_number"),
    "permsym.dynamics.counting.full_counting": ("CountingCertificate", "FullCounting", "full_counting"),
    "permsym.dynamics.evolved.certificate": ("EvolutionCertificate",),
    "permsym.dynamics.evolved.evolution": ("Evolution",),
    "permsym.dynamics.evolved.files": ("load_state",),
    "permsym.dynamics.evolve": ("evolve",),
    "permsym.dynamics.evolved.state": ("EvolvedState",),
    "permsym.dynamics.initial": ("InitialState", "SiteState"),
    "permsym.dynamics.periodic.floquet": ("Floquet", "floquet"),
    "permsym.dynamics.spectra.linewidth": ("Linewidth", "linewidth"),
    "permsym.dynamics.spectra.spectrum": ("PowerSpectrum", "SpectrumCertificate", "spectrum"),
    "permsym.dynamics.eigenvalues": ("Eigenvalues", "eigenvalues"),
    "permsym.dynamics.two_time.correlation": ("correlation", "g1", "g2"),
    "permsym.dynamics.two_time.result": ("Correlation", "CorrelationCertificate"),
    "permsym.errors": ("DegenerateSteadyState", "InputError", "NothingCounted", "PermsymError", "TooLarge", "UncertifiedWarning"),
    "permsym.gradients.differences": ("Difference", "derivative"),
    "permsym.gradients.fitting.fit": ("fit",),
    "permsym.gradients.fitting.result": ("Fit",),
    "permsym.gradients.gradient": ("gradient",),
    "permsym.gradients.result": ("Gradient",),
    "permsym.information.evolving": ("FisherSeries",),
    "permsym.information.fisher": ("fisher",),
    "permsym.information.results": ("ParameterFisher",),
    "permsym.jumps": ("Central", "Collective", "Individual"),
    "permsym.model": ("Model",),
    "permsym.moments.mode": ("Mode",),
    "permsym.moments.phase_space": ("husimi", "spin_husimi", "spin_wigner", "wigner"),
    "permsym.moments.reduced": ("concurrence", "entropy", "negativity", "purity"),
    "permsym.operators": ("Operator",),
    "permsym.sites": ("Boson", "Ensemble", "Levels", "Spin"),
    "permsym.linear.shift_invert": ("ShiftInvert",),
    "permsym.semiclassical.linear_noise.solve": ("linear_noise",),
    "permsym.semiclassical.linear_noise.state": ("LinearNoise",),
    "permsym.steady.certificate": ("Certificate",),
    "permsym.states.density": ("DensityOperator",),
    "permsym.linear.superlu": ("SuperLU",),
    "permsym.states.qutip": ("from_matrix", "from_qutip"),
    "permsym.steady.hermite.series": ("hermite_state",),
    "permsym.linear.incomplete_lu": ("IncompleteLU",),
    "permsym.linear.pardiso": ("Pardiso",),
    "permsym.steady.solve": ("steady_state",),
    "permsym.steady.state": ("State",),
    "permsym.sweeps.grid": ("sweep",),
    "permsym.sweeps.limits.infinite": ("Limit", "limit"),
    "permsym.basis.several": ("Cut",),
    "permsym.linear.assembled.solver": ("BiCGStab",),
    "permsym.unravelling.photons": ("PhotonRecord", "photon_record"),
    "permsym.unravelling.result": ("TrajectoryEvolution", "TrajectoryState"),
    "permsym.unravelling.trajectories": ("trajectories",),
    "permsym.validity.regions": ("ValidityMap",),
    "permsym.validity.run": ("validity_map",),
}
_MODULES = {name: f"permsym.{name}" for name in ("cumulants", "dataset", "figures", "models", "moments", "pictures", "plot", "pulses")}
_MODULES["twa"] = "permsym.semiclassical.twa"
_NAMES = {name: module for module, names in _PLACES.items() for name in names}

__all__ = [
    "BiCGStab",
    "Boson",
    "Bounds",
    "Central",
    "Certificate",
    "Collective",
    "Correlation",
    "CorrelationCertificate",
    "CountedNumber",
    "CountingCertificate",
    "Cut",
    "DegenerateSteadyState",
    "DensityOperator",
    "Difference",
    "Eigenvalues",
    "Ensemble",
    "Evolution",
    "EvolutionCertificate",
    "EvolvedState",
    "FisherSeries",
    "Fit",
    "Floquet",
    "FullCounting",
    "Gradient",
    "IncompleteLU",
    "Individual",
    "InitialState",
    "InputError",
    "Levels",
    "Limit",
    "LinearNoise",
    "Linewidth",
    "Mode",
    "Model",
    "NothingCounted",
    "Operator",
    "ParameterFisher",
    "Pardiso",
    "PermsymError",
    "PhotonRecord",
    "PowerSpectrum",
    "ShiftInvert",
    "SiteState",
    "SpectrumCertificate",
    "Spin",
    "State",
    "SuperLU",
    "TooLarge",
    "TrajectoryEvolution",
    "TrajectoryState",
    "UncertifiedWarning",
    "ValidityMap",
    "__version__",
    "bounds",
    "concurrence",
    "correlation",
    "counted_number",
    "cumulants",
    "dataset",
    "derivative",
    "eigenvalues",
    "entropy",
    "evolve",
    "figures",
    "fisher",
    "fit",
    "floquet",
    "from_matrix",
    "from_qutip",
    "full_counting",
    "g1",
    "g2",
    "gradient",
    "hermite_state",
    "husimi",
    "limit",
    "linear_noise",
    "linewidth",
    "load_state",
    "models",
    "moments",
    "negativity",
    "open_dataset",
    "open_reference",
    "photon_record",
    "pictures",
    "plot",
    "pulses",
    "purity",
    "spectrum",
    "spin_husimi",
    "spin_wigner",
    "steady_state",
    "sweep",
    "trajectories",
    "twa",
    "validity_map",
    "wigner",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    raise AttributeError(f"module 'permsym' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
