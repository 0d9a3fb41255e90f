"""Moments: labels, correlators on distinct sites, joint cumulants, reduced density matrices."""

from permsym.moments.labels import MomentLabel, enumerate_labels, parse

__all__ = ["MomentLabel", "enumerate_labels", "parse"]
