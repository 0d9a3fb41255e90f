"""Two-time functions, spectra and linewidths of cumulant expansions, by regression around a steady state."""

from permsym.cumulants.two_time.correlation import CumulantCorrelation, correlation
from permsym.cumulants.two_time.regression import Failure, Regression, SourceEquations
from permsym.cumulants.two_time.spectrum import CumulantLine, CumulantSpectrum, linewidth, spectrum

__all__ = [
    "CumulantCorrelation",
    "CumulantLine",
    "CumulantSpectrum",
    "Failure",
    "Regression",
    "SourceEquations",
    "correlation",
    "linewidth",
    "spectrum",
]
