"""Published models, one a file; and how a command line or a file names one."""

from permsym.models.central_spin import central_spin
from permsym.models.dicke import dicke
from permsym.models.driven_tavis_cummings import driven_tavis_cummings
from permsym.models.emitters.collective_spins import collective_spins
from permsym.models.emitters.three_level_laser import three_level_laser
from permsym.models.emitters.two_ensembles import two_ensembles
from permsym.models.registry import ModelSource, lookup, names
from permsym.models.tavis_cummings import tavis_cummings
from permsym.models.written import from_toml, to_toml

__all__ = [
    "ModelSource",
    "central_spin",
    "collective_spins",
    "dicke",
    "driven_tavis_cummings",
    "from_toml",
    "lookup",
    "names",
    "tavis_cummings",
    "three_level_laser",
    "to_toml",
    "two_ensembles",
]
