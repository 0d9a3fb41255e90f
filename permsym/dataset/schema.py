"""The only table of dataset variables: names, dimensions, units and meaning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from permsym.errors import InputError


@dataclass(frozen=True)
class Variable:
    """One variable of a dataset.

    over       the dimension that it has besides the axes and ``approach``: ``moment``, ``frequency``, ``delay``, or "" for none
    optional   whether only files have it that have a value for it
    of         what it may be of, by a name after ``@``
    """

    name: str
    units: str
    long_name: str
    over: str = ""
    dtype: str = "float64"
    optional: bool = False
    of: str = "ensemble"


VARIABLES = (
    Variable("moment_real", "1", "real part of the moment", over="moment"),
    Variable("moment_imag", "1", "imaginary part of the moment", over="moment"),
    Variable("cumulant_real", "1", "real part of the joint cumulant", over="moment"),
    Variable("cumulant_imag", "1", "imaginary part of the joint cumulant", over="moment"),
    Variable("moment_error", "1", "estimate of the absolute error of the moment", over="moment"),
    Variable("p0_up", "1", "excited-state population of the central spin", optional=True),
    Variable("p_up", "1", "excited-state population of a satellite", optional=True),
    Variable("power_spectrum", "1/frequency", "power spectrum S, without the delta peak", over="frequency", optional=True),
    Variable("power_spectrum_error", "1/frequency", "estimate of the absolute error of S", over="frequency", optional=True),
    Variable("g2_delayed", "1", "second-order coherence g2(tau) = <a^dag (a^dag a)(tau) a> / <a^dag a>^2", over="delay", optional=True),
    Variable("g2_delayed_error", "1", "estimate of the absolute error of g2(tau)", over="delay", optional=True),
    Variable("coherent_part", "1", "<A><B>: the power spectrum has 2 pi times that in a delta peak", optional=True),
    Variable("linewidth", "frequency", "full width at half maximum of the line where it is alone, -2 Re lambda", optional=True),
    Variable("line_frequency", "frequency", "frequency of the line, Im lambda", optional=True),
    Variable("line_weight", "1", "real part of the line's share of <A B> - <A><B>", optional=True),
    Variable("half_maximum", "frequency", "full width of the power spectrum itself at half of its maximum at the line", optional=True),
    Variable("counting_current", "frequency", "how often the jump happens a unit of time", optional=True, of="jump"),
    Variable(
        "counting_fano",
        "1",
        "counting Fano factor: variance over mean of the number of jumps",
        optional=True,
        of="jump",
    ),
    Variable("counting_mean", "1", "mean number of times that the jump has happened until then", optional=True, of="jump"),
    Variable("counting_noise", "frequency", "noise of the current: variance of the number of jumps over time", optional=True, of="jump"),
    Variable("counting_c3", "frequency", "third cumulant of the number of jumps over time", optional=True, of="jump"),
    Variable("counting_c4", "frequency", "fourth cumulant of the number of jumps over time", optional=True, of="jump"),
    Variable("squeezing_wineland", "1", "Wineland's spin squeezing, N min Var J / |<J>|^2", optional=True),
    Variable("squeezing_kitagawa_ueda", "1", "Kitagawa and Ueda's spin squeezing, 4 min Var J / N", optional=True),
    Variable("fisher_steady", "1", "quantum Fisher information of the steady state", optional=True, of="parameter"),
    Variable("fisher_rate", "1", "Fisher information that light and system gather a unit of time", optional=True, of="parameter"),
    Variable("fisher_photon_counting", "1", "classical Fisher information of P(n)", optional=True, of="parameter"),
    Variable("fisher_rotation", "1", "largest quantum Fisher information of a rotation", optional=True, of="state"),
    Variable("fisher_rotation_lower", "1", "lower side of the Fisher information of rotations", optional=True, of="state"),
    Variable("fisher_rotation_upper", "1", "upper side of the Fisher information of rotations", optional=True, of="state"),
    Variable("error_estimate", "1", "largest error estimate over the moments"),
    Variable("residual", "1", "largest residual of L rho = 0, relative to |L| |rho|"),
    Variable("edge_mass", "1", "probability clipped by the window"),
    Variable("balance", "1", "largest relative defect of the balance laws of excitations"),
    Variable("min_population", "1", "smallest population"),
    Variable("certified", "1", "whether the certificate is within its tolerance (1) or not (0)", dtype="int8"),
    Variable("stability", "frequency", "largest real part of the Jacobian's spectrum; positive where the fixed point is unstable"),
    Variable("dimension", "1", "number of unknowns that were solved for", dtype="int64"),
    Variable("time_assemble", "s", "time to assemble the Liouvillian"),
    Variable("time_solve", "s", "time to solve for the steady state"),
    Variable("time_moments", "s", "time for moments and certificate"),
    Variable("time_total", "s", "time for everything: windows on smaller systems, spectra, and what a process compiles or derives once"),
    Variable("status", "1", "how the point came out: ok, or a code for what fell short", dtype="str"),
    Variable("reason", "1", "why it came out so; of an approximation, which one it is", dtype="str"),
)

LAYOUT = 2
"""Number of the files' layout: an output of another one is written again.  1 had the dimension ``method`` and words as statuses."""

PHOTON = Variable("photon", "1", "photon number n", dtype="int64")
PHOTON_PROBABILITY = Variable("photon_probability", "1", "probability of n photons")
PHOTON_ERROR = Variable("photon_probability_error", "1", "estimate of the absolute error of the probability")
"""The photon distribution of a single state, where it was asked for; see photons.py."""

CERTIFICATE = ("error_estimate", "residual", "edge_mass", "balance", "min_population", "certified", "dimension", "stability")
"""Variables that judge a point or describe its computation.  All others over no dimension of their own are results."""

BY_NAME = {variable.name: variable for variable in VARIABLES}
OUTCOME = (BY_NAME["status"], BY_NAME["reason"])
"""The two variables that say how a point came out."""

SPECTRAL_NAMES = ("coherent_part", "linewidth", "line_frequency", "line_weight", "half_maximum")
"""Quantities that a spectrum gives beside itself."""

COUNTING_NAMES = ("counting_current", "counting_fano", "counting_noise", "counting_c3", "counting_c4")
"""Quantities of a counted jump, whose name follows: ``counting_fano@L[a] central``."""

METROLOGY_NAMES = (
    *("squeezing_wineland", "squeezing_kitagawa_ueda", "fisher_steady", "fisher_rate", "fisher_photon_counting"),
    *("fisher_rotation", "fisher_rotation_lower", "fisher_rotation_upper"),
)
"""Quantities for measurements; a name follows, of a parameter, of one of several ensembles, or of a state: ``fisher_rate@g``."""

_OF_MOMENTS = ("p0_up", "p_up", "photons", "g2", "fano", "coherent_photons")
_OF_CENTRE = ("p0_up", "photons", "g2", "coherent_photons")
"""Those of a site of the centre, whose name follows where there are several: ``photons@x``, ``g2@x@y``."""
DERIVED_NAMES = (*_OF_MOMENTS, "power_spectrum", "g2_delayed", *SPECTRAL_NAMES, *COUNTING_NAMES, "counting_mean", *METROLOGY_NAMES)
"""Derived quantities by their names in files."""

_RESERVED = {
    *BY_NAME,
    *DERIVED_NAMES,
    *(variable.name for variable in (PHOTON, PHOTON_PROBABILITY, PHOTON_ERROR)),
    *("moment", "approach", "method", "point", "time", "frequency", "delay", "quantity"),  # method: of older files
    *("computed_at", "computed_by", "model", "definition", "versions", "mixed_versions", "digest", "date", "command", "convention"),
    *("permsym_version", "figure", "max_N"),
}

CONVENTION = (
    "d rho/dt = -i[H, rho] + sum rate L[x] rho, L[x] rho = x rho x^dag - {x^dag x, rho}/2; level 0 is up; site 0 is the centre, digits "
    "in moment labels name distinct satellites; all rates and energies share one unit"
)


def derived(name: str) -> Variable:
    """Variable of a derived quantity; that of one of several ensembles, or of a jump, is called ``p_up@B``, for instance."""
    quantity, _, of = name.partition("@")
    if quantity not in BY_NAME:
        return Variable(name, "1", name)
    variable = BY_NAME[quantity]
    if of and quantity in _OF_CENTRE:
        return Variable(name, variable.units, f"{variable.long_name} of {of.replace('@', ' and ')}")
    return variable if not of else Variable(name, variable.units, f"{variable.long_name} of {variable.of} {of}")


_ERROR = "_error"  # how the names of derived quantities' errors end, before the ensemble


def error_name(name: str) -> str:
    """Variable with the error of a derived quantity: ``g2_error``, ``p_up_error@B``."""
    quantity, at, ensemble = name.partition("@")
    return f"{quantity}{_ERROR}{at}{ensemble}"


def is_error(name: str) -> bool:
    """Whether a variable is the error of a derived quantity."""
    return name.partition("@")[0].endswith(_ERROR)


def check_parameters(names: Iterable[str]) -> None:
    """InputError for a parameter that is called like something that files have already."""
    for name in names:
        if name in _RESERVED or name.startswith(("time_", "point_", "curve_")) or is_error(name):
            message = f"a parameter cannot be called {name!r}, which is a name of the files' own; call it {name}_0, for instance"
            raise InputError(message, parameter=name)


def derived_error(name: str) -> Variable:
    """Variable of the error of a derived quantity."""
    return Variable(error_name(name), derived(name).units, f"estimate of the absolute error of {name}")
