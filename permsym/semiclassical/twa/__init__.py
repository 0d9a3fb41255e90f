"""Truncated Wigner: stochastic equations of three real numbers for each class of equal spins, whatever its size.

    import permsym as ps
    model = ps.models.tavis_cummings(N=1000)

    state = ps.twa.steady_state(model, seed=1)               # target=, duration=, trajectories=, moments=
    state.moment("+1 -2"), state.error("+1 -2"), state.derived["g2"], state.derived_errors["g2"], state.reliable

    run = ps.twa.evolve(model, times, initial="vacuum up")   # run.moment("z1"), arrays over times

An approximation: means and symmetrised second moments of one spin in a classical field are exact, others are not.
"""

from permsym.sampling.doubts import Doubt
from permsym.semiclassical.twa.evolve import evolve
from permsym.semiclassical.twa.result import Sampling, TwaEvolution, TwaState
from permsym.semiclassical.twa.steady import steady_state

__all__ = ["Doubt", "Sampling", "TwaEvolution", "TwaState", "evolve", "steady_state"]
