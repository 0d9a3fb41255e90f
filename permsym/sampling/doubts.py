"""Why the statistics of trajectories are not to be relied on."""

from enum import StrEnum


class Doubt(StrEnum):
    """Why the statistics of a result are not to be relied on."""

    TOO_SHORT = "too short"
    STARTS_DISAGREE = "the starts disagree"
    STEP_TOO_LONG = "the step is too long"
    SKEWED = "skewed"
    TARGET_MISSED = "the target is missed"
    FEW_SWITCHES = "few switches"
    NOT_BISTABLE = "not bistable"
