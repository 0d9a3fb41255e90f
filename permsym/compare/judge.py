"""The judgement: points of an approximation matched with those of a reference, and every value judged."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from permsym.compare.comparison import Comparison, Row, is_derived
from permsym.compare.tables import Table
from permsym.dataset.status import EXACT
from permsym.errors import InputError

_CLOSE = 1e-9  # relative difference of parameters that are the same
_BOUND = 1e-9  # how far outside its range a value must be to count


def compare(reference: Table, *approximations: Table) -> Comparison:
    """Match points and judge every value of approximations, and the reference's own approximations beside them.

    Methods of one name in several files are told apart by their file: ``c2 of mine.csv``.
    """
    if not approximations:
        raise InputError("compare what? give at least one approximation")
    tables = _told_apart(approximations)
    comparisons = [_compared(reference, each) for each in tables]
    if len(comparisons) == 1:
        return comparisons[0]
    theirs = {name for table in tables for name in table.methods}  # before the reference's own of the same name
    own = {name for one in comparisons for name in one.own} - theirs
    each = (row for one in comparisons for row in one.rows if not (row.method in one.own and row.method in theirs))
    rows = {(row.point, row.quantity, row.method): row for row in each}  # the reference's own ones once
    return Comparison(
        reference.name,
        ", ".join(one.approximation for one in comparisons),
        reference.points,
        list(rows.values()),
        sum(one.unmatched for one in comparisons),
        max(one.doubtful for one in comparisons),
        reference.sites,
        frozenset(own),
    )


def _told_apart(tables: Sequence[Table]) -> list[Table]:
    """The tables, with methods that several of them have named after their files."""
    counts = Counter(name for table in tables for name in table.methods if name != EXACT)
    twice = {name for name, count in counts.items() if count > 1}
    if twice and len({table.name for table in tables}) < len(tables):
        raise InputError("two approximations have files of one name; rename one of the files, so that they can be told apart")

    def renamed(table: Table) -> Table:
        names = {name: f"{name} of {table.name}" if name in twice else name for name in table.methods}
        return replace(
            table,
            methods=list(names.values()),
            values={(i, names[m], q): value for (i, m, q), value in table.values.items()},
            errors={(i, names[m], q): error for (i, m, q), error in table.errors.items()},
            doubtful={(i, names[m]) for i, m in table.doubtful},
        )

    return [renamed(table) for table in tables] if twice else list(tables)


def _compared(reference: Table, approximation: Table) -> Comparison:
    """One approximation beside the reference."""
    truth = EXACT if EXACT in reference.methods else reference.methods[0]
    if len(reference.methods) > 1 and truth != EXACT:
        raise InputError(f"{reference.name} holds {', '.join(reference.methods)}, none of which is exact; give a reference with one method")
    matches, unmatched = _matched(reference, approximation)
    if not matches:
        raise InputError(
            f"no point of {approximation.name} is in {reference.name}: "
            f"compare {_example(approximation)} with {_example(reference)}, for instance"
        )
    judged = [name for name in approximation.methods if name != EXACT] or approximation.methods
    used = dict.fromkeys(matches.values())
    own = [name for name in reference.methods if name != truth and name not in judged]
    wanted = set(approximation.quantities)
    rows = [row for row in _judged(reference, truth, reference, own, {i: i for i in used}) if row.quantity in wanted]
    rows += _judged(reference, truth, approximation, judged, matches)
    if not any(method in judged for _, method, _ in approximation.values):
        raise InputError(
            f"{approximation.name} has no value of {', '.join(judged)}: at every point they failed or were refused; its `reason` says why"
        )
    if not rows:
        raise InputError(
            f"{approximation.name} and {reference.name} have no quantity in common; there are {', '.join(reference.quantities[:8])} ..."
        )
    doubtful = len(reference.doubtful & {(i, truth) for i in used})
    return Comparison(reference.name, approximation.name, reference.points, rows, unmatched, doubtful, reference.sites, frozenset(own))


def _judged(reference: Table, truth: str, table: Table, methods: Sequence[str], matches: Mapping[int, int]) -> Iterator[Row]:
    """A row for each value of some methods that the reference has too."""
    for (i, method, quantity), value in table.values.items():
        entry = (matches.get(i, -1), truth, quantity)
        if method in methods and entry in reference.values:
            exact = reference.values[entry]
            own = table.errors.get((i, method, quantity), 0.0)
            uncertainty = own + reference.errors.get(entry, 0.0) + 1e-15 * max(abs(exact), abs(value))
            yield Row(matches[i], quantity, method, exact, value, uncertainty, impossible(quantity, value, own), own)


def _matched(reference: Table, approximation: Table) -> tuple[dict[int, int], int]:
    """Point of the approximation -> point of the reference, and how many have none."""
    parameters = set(reference.parameters)
    apart = _apart(approximation) - parameters
    foreign = [name for name in approximation.parameters if name not in parameters | apart]
    if foreign and len({tuple(point.get(name) for name in foreign) for point in approximation.points}) > 1:
        raise InputError(
            f"{approximation.name}: {foreign[0]!r} is no parameter of {reference.name}; those are {', '.join(sorted(parameters))}"
        )
    common = [name for name in approximation.parameters if name in parameters]
    if not common and len(reference.points) > 1:
        raise InputError(f"{approximation.name} has no parameter of {reference.name}; add a column {reference.parameters[0]}, for instance")
    index: dict[tuple[str, ...], list[int]] = {}
    others = _apart(reference) - set(common)
    usable = [i for i, point in enumerate(reference.points) if not others & point.keys()]
    for i in usable:
        index.setdefault(tuple(_rounded(reference.points[i].get(name)) for name in common), []).append(i)
    matches: dict[int, int] = {}
    for i, point in enumerate(approximation.points):
        if apart & point.keys():
            continue
        near = index.get(tuple(_rounded(point.get(name)) for name in common))
        if near is None:  # equal numbers may round apart
            near = [k for k in usable if all(_same(point.get(n), reference.points[k].get(n)) for n in common)]
        if len(near) > 1:
            first, second = reference.points[near[0]], reference.points[near[1]]
            differing = [name for name in first if first.get(name) != second.get(name)]
            raise InputError(
                f"{approximation.name}: several points of {reference.name} have {_spelled(point, common)}; add the column {differing[0]}"
            )
        if near:
            matches[i] = near[0]
    return matches, len(approximation.points) - len(matches)


def _apart(table: Table) -> set[str]:
    """Parameters that only some points have: the frequency, where there are values of a spectrum beside others."""
    return {name for name in table.parameters if any(name not in point for point in table.points)}


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.9e}"


def _same(a: float | None, b: float | None) -> bool:
    return a is b is None or (a is not None and b is not None and math.isclose(a, b, rel_tol=_CLOSE, abs_tol=1e-300))


def _spelled(point: Mapping[str, float], names: Sequence[str]) -> str:
    return ", ".join(f"{name}={point[name]:g}" for name in names if name in point)


def _example(table: Table) -> str:
    point = table.points[0]
    return _spelled(point, list(point)) or "(no parameters)"


def impossible(quantity: str, value: complex, error: float = 0.0) -> str:
    """Why no density matrix has this value; "" where one may, or where its error bar reaches one that may.

    Spins: populations lie in [0, 1], |<z ...>| <= 1, and a product with any + or - is at most 1/2 (one off-diagonal element of
    a density matrix, or a difference of several).  Bosons: <ad^n a^n> >= 0.
    """
    kind, margin = quantity.partition("@")[0], max(_BOUND, error)
    if kind in ("p0_up", "p_up"):
        return "" if -margin <= value.real <= 1 + margin else "a population outside [0, 1]"
    if kind in ("photons", "g2", "coherent_photons", "linewidth"):
        return "" if value.real >= -margin else "negative"
    if is_derived(quantity):
        return ""
    words = quantity.split()
    bosons = [word.partition("@") for word in words if word.partition("@")[0] in ("ad", "a")]
    spins = [word for word in words if word.partition("@")[0] not in ("ad", "a")]
    if any(word.startswith("|") for word in spins):
        return "" if abs(value) <= 1 + margin else "larger than 1 in modulus"
    if bosons:
        raised, lowered = (sorted(mode for name, _, mode in bosons if name == each) for each in ("ad", "a"))
        if not spins and raised == lowered:
            if value.real < -margin:
                return "negative"
            return "" if abs(value.imag) <= margin else "not real"
        return ""
    if all(word.startswith("z") for word in spins):
        if abs(value.imag) > margin:
            return "not real"
        return "" if abs(value.real) <= 1 + margin else "outside [-1, 1]"
    return "" if abs(value) <= 0.5 + margin else "larger than 1/2 in modulus"
