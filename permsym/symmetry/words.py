"""A symmetry as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from permsym.symmetry.actions import Type
from permsym.symmetry.smith import Row


def charge(modulus: int, weights: Sequence[Row], sites: Sequence[tuple[str, str, tuple[Type, ...]]]) -> str:
    """One class: what is counted, ket minus bra.

    weights   of each site's numbers; sites: name, kind and alive coherences of each
    """
    words = [word for row, site in zip(weights, sites, strict=True) for word in _counted(row, modulus, *site) if word[0]]
    if words and all(factor < 0 for factor, _ in words):
        words = [(-factor, what) for factor, what in words]
    text = ""
    for factor, what in words:
        size = "" if abs(factor) == 1 else f"{abs(factor)} "
        text += (" - " if text else "-") * (factor < 0) + (" + " if text else "") * (factor > 0) + size + what
    return f"U(1): {text}, ket minus bra" if not modulus else f"modulo {modulus}: {text}, ket minus bra"


def _counted(row: Row, modulus: int, name: str, kind: str, alive: tuple[Type, ...]) -> Iterator[tuple[int, str]]:
    """(factor, what) of one site."""
    if kind == "mode":
        yield row[0], "ad a" if name == "the centre" else f"ad@{name} a@{name}"
    elif kind == "spins":
        yield row[0], f"up of {name}"
    elif kind == "levels":
        yield from ((w, f"|{k}><{k}| of {name}") for k, w in enumerate(row, start=1) if w)
    else:
        levels = _level_weights(dict(zip(alive, row, strict=True)), modulus)
        if levels is not None:
            yield from ((w, f"|{k}><{k}| of {name}") for k, w in sorted(levels.items()) if w)
        else:
            yield from ((w, f"coherences |{k}><{b}| of {name}") for (k, b), w in zip(alive, row, strict=True) if w)


def _level_weights(weights: dict[Type, int], modulus: int) -> dict[int, int] | None:
    """Numbers w >= 0 of levels with weight = w_ket - w_bra of every coherence, modulo ``modulus``; None: there are none."""
    levels: dict[int, int] = {}
    for start in sorted({k for pair in weights for k in pair}):
        if start in levels:
            continue
        mine, fresh = {start: 0}, [start]
        while fresh:
            here = fresh.pop()
            for (k, b), w in weights.items():
                for level, value in ((k, mine[here] + w),) * (b == here) + ((b, mine[here] - w),) * (k == here):
                    if level not in mine:
                        mine[level] = value
                        fresh.append(level)
        least = min(mine.values())
        levels |= {level: (value - least) % modulus if modulus else value - least for level, value in mine.items()}
    off = [levels[k] - levels[b] - w for (k, b), w in weights.items()]
    return None if any(each % modulus if modulus else each for each in off) else levels


def missing(name: str, levels: int, alive: Sequence[Type]) -> str | None:
    """Coherences of a site that never appear; None: all do."""
    dead = [f"|{k}><{b}|" for k in range(levels) for b in range(levels) if (k, b) not in alive]
    if not dead:
        return None
    if 2 * len(dead) > levels**2:
        there = ", ".join(f"|{k}><{b}|" for k, b in sorted(alive) if k != b) or "none"
        return f"coherences of {name} that appear: {there}"
    return f"never appear: {', '.join(dead)} of {name}"
