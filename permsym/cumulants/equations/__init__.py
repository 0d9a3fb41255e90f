"""The closed equations of motion of any model's moments: built once, then evaluated, differentiated and re-parametrised."""

from permsym.cumulants.equations.closed import Equations, equations
from permsym.cumulants.equations.truncation import Closure, Counting, Truncation

__all__ = ["Closure", "Counting", "Equations", "Truncation", "equations"]
