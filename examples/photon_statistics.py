"""Photon statistics of a cavity that is pumped through its emitters.

One emitter hands over one photon at a time: g2(0) < 1 and Mandel's Q < 0.  Several together emit in bunches, and P(n) moves
from a peak at zero to a peak at a finite number, a ring in phase space.  For each N the photon number, g2(0), Mandel's Q, the
entropy of the mode, its negativity with all emitters together, and the concurrence of two emitters.  P(n) and the Wigner
function are drawn for the last one.  Run it with ``python examples/photon_statistics.py``.
"""

from __future__ import annotations

import permsym as ps


def main(picture: str | None = "photon_statistics.png") -> None:
    """A table over N, and the mode of the last state as a picture."""
    print(" N  levels  <n>        g2(0)     Mandel Q   entropy    negativity  concurrence")
    for N in (1, 2, 4, 8):
        state = ps.steady_state(ps.models.tavis_cummings(N, g=0.8, kappa=0.5, gamma_up=0.5, gamma_down=0.05))
        mode = state.mode
        pair = state.concurrence() if N > 1 else 0.0
        numbers = f"{mode.photons:9.6f}  {mode.g(2):8.6f}  {mode.mandel_q:+9.6f}  {mode.entropy:9.6f}"
        print(f"{N:2}  {mode.levels:6}  {numbers}  {state.negativity():10.2e}  {pair:11.2e}")
    if picture is not None:
        ps.plot.mode_figure(mode).savefig(picture)
        print(f"wrote {picture}")


if __name__ == "__main__":
    main()
