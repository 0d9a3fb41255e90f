"""Long lists of cases: some of each in every run, all of them with the slow tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest


def sampled(cases: Sequence[Sequence[Any]], every: int = 5) -> list[Any]:
    """The cases as parameters of a test, all but some marked slow.

    every   one of so many stays fast; coprime to the number of variants, so that these take turns
    """
    return [pytest.param(*case, marks=[pytest.mark.slow] * bool(number % every)) for number, case in enumerate(cases)]
