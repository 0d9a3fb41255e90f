"""What permsym can do with any model, each held against the whole product space.

subject      a model with its state, its oracle, and a family of models around it
exact        what solves with the Liouvillian
approximate  expansions, sampling, bounds
files        datasets, saved states, QuTiP, the command line
refusals     what is refused, and what is not tried
"""

from capabilities import approximate, exact, files
from capabilities.refusals import REFUSALS, UNTRIED

CAPABILITIES = {function.__name__: function for module in (exact, approximate, files) for function in module.ALL}
"""Name -> function of a subject.  It returns where all is right, and raises AssertionError where not; permsym's errors are refusals."""

__all__ = ["CAPABILITIES", "REFUSALS", "UNTRIED"]
