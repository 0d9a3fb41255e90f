"""What a fit found, what it is certain of, and which combinations of parameters the data say nothing of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from permsym.gradients.fitting.measured import Measured
from permsym.text import table

Array = NDArray[np.float64]
_NOTHING = 1e-9  # of the largest singular value: rounding of derivatives
_SHOWN = 0.1  # of the largest share in a combination: smaller ones are not spelled


@dataclass(frozen=True)
class Fit:
    """Parameters that reproduce measured points best.

    names            of the free parameters
    values, errors   by name; errors are standard deviations, infinite where the data say nothing
    covariance       (k, k) = s^2 (J^T J)^-1, with s = 1 where standard deviations were given, else s^2 = chi2 / freedom
    correlation      (k, k)
    chi2, freedom    sum of the squared residuals, and measurements minus parameters
    residuals        (measurements,) (model - measured) / sigma; predicted: the model's values
    singular_values  (k,) of J with parameters in units of their own size, largest first; rows of directions belong to them
    findings         sentences: what is not determined, and what else to doubt
    """

    names: tuple[str, ...]
    values: dict[str, float]
    errors: dict[str, float]
    covariance: Array = field(repr=False)
    correlation: Array = field(repr=False)
    chi2: float
    freedom: int
    residuals: Array = field(repr=False)
    predicted: Array = field(repr=False)
    singular_values: Array
    directions: Array = field(repr=False)
    findings: tuple[str, ...]

    @classmethod
    def of(cls, names: Sequence[str], theta: Array, measured: Measured, predicted: Array, jacobian: Array, doubts: list[str]) -> Fit:
        """From values (k,), the model's quantities (measurements,) and their scaled Jacobian (measurements, k) there."""
        there = np.isfinite(measured.values)
        weight = 1.0 if measured.sigma is None else 1 / measured.sigma[there]
        residuals = (predicted - measured.values[there]) * weight
        chi2, freedom = float(residuals @ residuals), len(residuals) - len(names)
        known = measured.sigma is not None or freedom > 0
        spread = 1.0 if measured.sigma is not None or not known else chi2 / freedom
        unit = np.where(theta != 0, np.abs(theta), 1.0)
        _, single, directions = np.linalg.svd(jacobian * unit, full_matrices=len(names) > len(residuals))
        single = np.concatenate([single, np.zeros(len(names) - len(single))])
        certain = single > _NOTHING * max(single[0], np.finfo(float).tiny)
        inverse = directions[certain].T / single[certain]
        covariance = spread * (inverse @ inverse.T) * np.outer(unit, unit)
        open_ = (np.abs(directions[~certain]) > np.sqrt(_NOTHING)).any(axis=0) if (~certain).any() else np.zeros(len(names), dtype=bool)
        covariance[open_, open_] = np.inf
        if not known:
            np.fill_diagonal(covariance, np.inf)
        deviation = np.sqrt(np.diag(covariance))
        with np.errstate(invalid="ignore", divide="ignore"):
            correlation = covariance / np.outer(deviation, deviation)
        np.fill_diagonal(correlation, 1.0)
        findings = [
            _sentence(names, unit, row, np.sqrt(spread) / s if sure else np.inf)
            for row, s, sure in zip(directions, single, certain, strict=True)
            if not sure or np.sqrt(spread) / s > 1
        ]
        if not known:
            findings.append("no point is left over to estimate errors from; give standard deviations")
        return cls(
            tuple(names),
            dict(zip(names, theta.tolist(), strict=True)),
            dict(zip(names, deviation.tolist(), strict=True)),
            covariance,
            correlation,
            chi2,
            freedom,
            residuals,
            predicted,
            single,
            directions,
            (*findings, *doubts),
        )

    def __str__(self) -> str:
        rows: list[Sequence[str]] = [("parameter", "value", "error", *(f"corr. {name}" for name in self.names))]
        for name, row in zip(self.names, self.correlation, strict=True):
            rows.append((name, f"{self.values[name]:.8g}", f"{self.errors[name]:.2g}", *(f"{x:+.3f}" for x in row)))
        foot = f"chi2 = {self.chi2:.6g} with {self.freedom} degrees of freedom"
        return "\n".join([table(rows), "", foot, *self.findings])


def _sentence(names: Sequence[str], unit: Array, row: Array, error: float) -> str:
    """Which combination of parameters is not determined; ``row`` in units of their own size."""
    row = row * np.sign(row[np.argmax(np.abs(row))])
    shown = [k for k in np.argsort(-np.abs(row)) if abs(row[k]) > _SHOWN * np.abs(row).max()]
    combination = " ".join(f"{row[k]:+.2f} d{names[k]}" + ("" if unit[k] == 1 else f"/{unit[k]:.4g}") for k in shown).lstrip("+")
    how = "the data say nothing of it" if np.isinf(error) else f"its error is {error:.1e}"
    return f"not determined: {combination}; {how}"
