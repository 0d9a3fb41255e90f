"""Figures in time and frequency: linewidths, spectra and correlations, exact beside cumulant expansions."""
