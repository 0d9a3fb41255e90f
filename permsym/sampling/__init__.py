"""Averages over trajectories, whatever these solve: error bars, burn-in, autocorrelation, control variates, doubts.

Everything here sees arrays alone: (trajectories, cells, labels), where a cell is an average over a short stretch of time.
"""
