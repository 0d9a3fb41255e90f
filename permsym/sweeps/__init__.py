"""Sweeps of models over parameters: plans, files, workers, the store, and limits of many satellites."""
