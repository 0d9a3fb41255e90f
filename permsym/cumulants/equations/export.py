"""Equations of motion as text, as LaTeX, and as a plain Python function."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from permsym.cumulants.equations.closed import Equations
from permsym.errors import InputError

FORMS = ("text", "latex", "python")


def exported(equations: Equations, form: str) -> str:
    """The equations in one of the forms text, latex and python, at the model's parameters."""
    if form not in FORMS:
        raise InputError(f"equations can be written as {', '.join(FORMS)}, but not as {form!r}")
    return {"text": text, "latex": latex, "python": python}[form](equations)


def text(equations: Equations) -> str:
    """One line a moment; closed moments stand in brackets and are spelled out below."""
    names = {counts: f"<{equations.hierarchy.alphabet.label(counts)}>" for counts in _moments(equations)}
    return _written(equations, names, lambda name: f"d{name}/dt", " ", _number)


def latex(equations: Equations) -> str:
    """The same as LaTeX's align*."""
    alphabet = equations.hierarchy.alphabet
    names = {}
    for counts in _moments(equations):
        factors = []
        for word in str(alphabet.label(counts)).split():
            site, _, ensemble = word.partition("@")
            if site in ("a", "ad"):
                letter = rf"a_{{\mathrm{{{ensemble}}}}}" if ensemble else "a"
                factors.append(letter if site == "a" else rf"{letter}^\dagger")
                continue
            digits = len(site) - len(site.rstrip("0123456789"))
            symbol, number = site[:-digits], site[-digits:]
            symbol = symbol.replace("><", r"\rangle\langle ").replace("|", r"\vert ") if "|" in symbol else symbol
            index = number if not ensemble else rf"{number},\mathrm{{{ensemble}}}"
            factors.append(rf"\sigma_{{{index}}}^{{{symbol}}}")
        names[counts] = r"\langle " + " ".join(factors) + r" \rangle"
    body = _written(equations, names, lambda name: rf"\partial_t {name}", r" \, ", _number).replace(" = ", " &= ")
    return "\\begin{align*}\n" + " \\\\\n".join(line for line in body.split("\n") if line) + "\n\\end{align*}"


def python(equations: Equations) -> str:
    """A function rhs(y) that needs nothing: y is a list of complex numbers in the order of LABELS.

    Every text in it is written with ``repr``: a model's name cannot carry code.
    """
    h = equations.hierarchy
    program, matrix = h.program, equations.physical_matrix
    lines = [
        repr(f"Cumulant equations of order {equations.order} of {equations.model.name}: dy/dt = rhs(y), y in the order of LABELS."),
        "",
        "LABELS = [",
        *(f"    {str(label)!r}," for label in equations.labels),
        "]",
        "",
        "",
        "def rhs(y):",
        f"    v = [1.0, *y] + [0.0] * {program.nodes - 1 - len(equations)}  # 1, moments, then cumulants and closed moments",
    ]
    for level in program.levels:
        for i, node in enumerate(level.targets):
            products = range(level.starts[i], level.starts[i + 1])
            summands = [f"v[{level.base[i]}]"] if level.base[i] else []
            summands += [f"{level.factor[j]:+g} * v[{level.first[j]}] * v[{level.second[j]}]" for j in products]
            lines.append(f"    v[{node}] = {' '.join(_joined(summands)) or '0.0'}")
    lines.append("    return [")
    for row in range(len(equations)):
        entries = range(matrix.indptr[row], matrix.indptr[row + 1])
        summands = [f"({matrix.data[k]!r}) * v[{matrix.indices[k]}]".replace("np.complex128", "") for k in entries if matrix.data[k] != 0]
        lines.append(f"        {' + '.join(summands) or '0.0'},")
    return "\n".join([*lines, "    ]"]) + "\n"


def compiled(equations: Equations) -> Callable[[Sequence[complex]], list[complex]]:
    """The exported Python function, ready to call."""
    space: dict[str, object] = {}
    exec(compile(python(equations), "<cumulant equations>", "exec"), space)
    return space["rhs"]  # type: ignore[return-value]


def _moments(equations: Equations) -> list[tuple[int, ...]]:
    return [counts for counts in equations.hierarchy.program.moments if any(counts)]


def _written(
    equations: Equations,
    names: dict[tuple[int, ...], str],
    derivative: Callable[[str], str],
    times: str,
    number: Callable[[complex], str],
) -> str:
    h, matrix = equations.hierarchy, equations.physical_matrix
    program = h.program
    by_node = {node: counts for counts, node in program.moments.items()}
    lines = []
    for row, counts in enumerate(h.unknowns):
        summands = []
        for k in range(matrix.indptr[row], matrix.indptr[row + 1]):
            if matrix.data[k] != 0:
                moment = by_node[int(matrix.indices[k])]
                summands.append(number(matrix.data[k]) + (times + names[moment] if any(moment) else ""))
        lines.append(f"{derivative(names[counts])} = {' '.join(_joined(summands)) or '0'}")
    closed = [counts for counts, node in program.moments.items() if node > len(equations)]
    lines += [f"{names[counts]} = {_factorised(equations, counts, names, times)}" for counts in closed]
    return "\n".join(lines)


def _factorised(equations: Equations, counts: tuple[int, ...], names: dict[tuple[int, ...], str], times: str) -> str:
    """A closed moment as a polynomial in the unknowns, from the closure program."""
    summands = []
    for moments, coefficient in sorted(equations.hierarchy.program.polynomial(counts).items(), key=lambda item: (len(item[0]), item[0])):
        factors = times.join(names[equations.hierarchy.unknowns[i]] for i in moments)
        summands.append(f"{coefficient:+g}{times}{factors}")
    return " ".join(_joined(summands)) or "0"


def _joined(summands: Sequence[str]) -> list[str]:
    """Signs apart from numbers, none before the first."""
    signed = []
    for position, summand in enumerate(summands):
        sign, rest = (summand[0], summand[1:]) if summand[:1] in "+-" else ("+", summand)
        rest = rest.strip()
        signed.append(("-" + rest if sign == "-" else rest) if position == 0 else f"{sign} {rest}")
    return signed


def _number(value: complex) -> str:
    if value.imag == 0:
        return f"{value.real:+.12g}"
    if value.real == 0:
        return f"{value.imag:+.12g}i"
    return f"+({value.real:.12g}{value.imag:+.12g}i)"
