"""Sweeps of models over parameters; the package itself is callable, ``permsym.sweep(model, axes, ...)``."""

import sys
from types import ModuleType
from typing import Any


class _Sweep(ModuleType):
    """``permsym.sweep`` names this package as soon as any of its modules is imported, and the function before."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from permsym.sweep.grid import sweep

        return sweep(*args, **kwargs)


sys.modules[__name__].__class__ = _Sweep
