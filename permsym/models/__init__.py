"""Published models, one a file; and how a command line or a file names one."""

from permsym.models.central_spin import central_spin
from permsym.models.registry import ModelSource, lookup, names

__all__ = ["ModelSource", "central_spin", "lookup", "names"]
