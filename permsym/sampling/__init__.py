"""Averages over trajectories, whatever these solve: recordings, error bars, burn-in, autocorrelation, controls, dwell times, doubts.

Statistics see arrays alone: (trajectories, cells, labels), where a cell is an average over a short stretch of time.
"""
