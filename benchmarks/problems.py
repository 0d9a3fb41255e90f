"""Named cases with answers known from elsewhere: every benchmark checks the answer before it reports a time."""

from __future__ import annotations

# P1, Fig. 3(b) parameters (the defaults of central-spin): p0_up
P0_UP = {
    10: 0.612914993686,
    20: 0.575062236571,
    30: 0.549898526540530,
    150: 0.464014903754,
    300: 0.449147778936238,
    1000: 0.443048221849860,
    3000: 0.441816668374326,
    10_000: 0.441386190433778,
}


def check(n: int, value: float, tolerance: float = 2e-12) -> str:
    """'ok', 'unknown', or an error where a known answer is missed."""
    if n not in P0_UP:
        return "unknown"
    if not abs(value - P0_UP[n]) <= tolerance:
        raise SystemExit(f"WRONG ANSWER: p0_up(N={n}) = {value!r}, expected {P0_UP[n]!r}")
    return "ok"
