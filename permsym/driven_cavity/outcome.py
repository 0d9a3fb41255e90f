"""How a time evolution of the driven cavity ends."""

from enum import StrEnum


class EvolutionOutcome(StrEnum):
    """At a steady state, in an oscillation that repeats itself, away from anything physical, or none of these in the time it had."""

    STEADY = "steady"
    PERIODIC = "periodic"
    DIVERGING = "diverging"
    UNDECIDED = "undecided"
