"""Two-time functions, spectra and linewidths of cumulant expansions, by regression around a steady state."""

from permsym.cumulants.two_time.correlation import CumulantCorrelation, correlation, g1, g2
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
    "g1",
    "g2",
    "linewidth",
    "spectrum",
]
