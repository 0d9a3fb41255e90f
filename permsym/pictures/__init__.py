"""Pictures of results: what their ``plot`` methods draw."""

from permsym.pictures.picture import Picture
from permsym.pictures.series import correlation, evolution, spectrum
from permsym.pictures.states import state
from permsym.pictures.sweeps import dataset

__all__ = ["Picture", "correlation", "dataset", "evolution", "spectrum", "state"]
