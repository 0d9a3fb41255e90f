"""How operators and numbers are spelled, in model files and in LaTeX."""

from __future__ import annotations

from collections.abc import Sequence

Rows = Sequence[Sequence[complex]]

LETTERS: dict[Rows, str] = {
    ((0j, 1 + 0j), (0j, 0j)): "+",
    ((0j, 0j), (1 + 0j, 0j)): "-",
    ((1 + 0j, 0j), (0j, -1 + 0j)): "z",
    ((0j, 1 + 0j), (1 + 0j, 0j)): "x",
    ((0j, -1j), (1j, 0j)): "y",
}
"""Letters of a spin's matrices, level 0 up."""

_GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "phi", "chi", "psi", "omega"),
    *("Gamma", "Delta", "Lambda", "Omega", "Phi"),
)


def number(value: complex, exact: bool = False) -> str:
    """A factor inside an operator: 0.5, 0.3+0.1j; ``exact``: with all digits, as expressions read it."""
    if exact:
        return f"{value.real!r}{value.imag:+}i" if value.imag else repr(value.real)
    return f"{value:.6g}" if value.imag else f"{value.real:.6g}"


def coefficient(value: complex) -> str:
    """A coefficient as model files write it: 0.5, 0.5i, (0.3+0.1i)."""
    if not value.imag:
        return f"{value.real:.6g}"
    return f"({value:.6g})".replace("j)", "i)") if value.real else f"{value.imag:.6g}i"


def matrix(rows: Rows, spin: bool, where: str, exact: bool = False) -> str:
    """One operator of one site, a letter of a spin or a sum of matrix units; ``where``: what follows each letter."""
    if spin and rows in LETTERS:
        return LETTERS[rows] + where
    units = [(f"|{i}><{j}|{where}", value) for i, row in enumerate(rows) for j, value in enumerate(row) if value != 0]
    if len(units) == 1 and units[0][1] == 1:
        return units[0][0]
    return f"({' + '.join(unit if value == 1 else f'{number(value, exact)} {unit}' for unit, value in units) or '0'})"


def total(parts: Sequence[str]) -> str:
    """A sum, whose signs are those of its parts.

    >>> total(["0.5 [z0]", "-1 [z]"])
    '0.5 [z0] - 1 [z]'
    """
    return " + ".join(parts).replace("+ -", "- ") or "0"


def latex_number(value: float) -> str:
    """A real number in LaTeX, six digits.

    >>> latex_number(2.5e-7)
    '2.5\\\\times 10^{-7}'
    """
    mantissa, _, exponent = f"{value:.6g}".partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else f"-{power}" if mantissa == "-1" else f"{mantissa}\\times {power}"


def latex_name(name: str) -> str:
    """A parameter in LaTeX: ``gamma_up`` is a Greek letter with an upright index.

    >>> latex_name("gamma_up"), latex_name("N")
    ('\\\\gamma_{\\\\mathrm{up}}', 'N')
    """
    head, _, index = name.partition("_")
    symbol = f"\\{head}" if head in _GREEK else head if len(head) == 1 else f"\\mathrm{{{head}}}"
    return symbol if not index else f"{symbol}_{{\\mathrm{{{index.replace('_', ',')}}}}}"
