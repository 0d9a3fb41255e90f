"""Least-squares fits of a model's parameters to measured points."""
