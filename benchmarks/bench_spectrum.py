"""S(omega) with error bars beside QuTiP, in the whole space and with PIQS, and linewidths of large ensembles.

    python benchmarks/bench_spectrum.py [small] [large]

Answers are compared before anything is timed: with QuTiP, and eigenvalues with those that are known.
"""

from __future__ import annotations

import sys
import time
from functools import partial

import numpy as np

import permsym as ps

FREQUENCIES = np.linspace(-3, 5, 200)


def timed(work):
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def in_the_whole_space(N, w):
    """The central spin's spectrum by qutip.spectrum in the space of 2^(N+1) states; seconds."""
    import qutip

    def on(site, operator):
        return qutip.tensor([operator if k == site else qutip.qeye(2) for k in range(N + 1)])

    up, down, z = qutip.sigmap(), qutip.sigmam(), qutip.sigmaz()
    h = 0.5 * on(0, z) + sum(0.5 * on(n, z) + 0.75 * (on(0, up) * on(n, down) + on(0, down) * on(n, up)) for n in range(1, N + 1))
    jumps = [np.sqrt(N / 16) * on(0, down)] + [np.sqrt(r) * on(n, x) for n in range(1, N + 1) for r, x in ((1.5, up), (0.5, down))]
    return timed(lambda: np.array(qutip.spectrum(h, w, jumps, on(0, up), on(0, down), solver="solve")))


def with_piqs(N, w):
    """<J+(tau) J-> of pumped and damped spins by qutip.correlation_2op_1t on the PIQS Liouvillian, and its Fourier integral; seconds."""
    import qutip
    from qutip import piqs
    from scipy.integrate import simpson

    jz, jp, jm = (piqs.jspin(N, each) for each in "z+-")
    liouvillian = piqs.Dicke(N, hamiltonian=0.8 * jz, emission=0.5, pumping=0.7, dephasing=0.2, collective_emission=0.6 / N).liouvillian()
    options = {"atol": 1e-9, "rtol": 1e-8, "nsteps": 100_000}
    # its own steadystate finds the matrix singular: coherences between different j are in it
    rho = qutip.mesolve(liouvillian, piqs.dicke(N, N / 2, N / 2), [0, 80], options=options).states[-1]
    times = np.linspace(0, 30, 3001)

    def spectrum():
        values = qutip.correlation_2op_1t(liouvillian, rho, times, [], jp, jm, options=options)
        return np.array([2 * simpson(values * np.exp(-1j * v * times), x=times).real for v in w])

    return timed(spectrum)


def without_a_centre(N):
    """The same spins beside a centre that nothing couples to."""
    c, s = ps.Spin(), ps.Ensemble(N)
    jumps = [ps.Individual(0.5, s.m), ps.Individual(0.7, s.p), ps.Individual(0.05, s.z), ps.Collective(0.6 / N, s.m), ps.Central(1.0, c.m)]
    return ps.Model(c, s, 0.4 * s.z, jumps)


def beside_qutip():
    w = np.linspace(-2, 3, 20)
    print("20 frequencies                                  qutip    permsym    ratio   largest difference   error estimate")
    for name, sizes, theirs, model, words, limit in (
        ("qutip.spectrum, central spin", (2, 3, 4), in_the_whole_space, lambda N: ps.models.central_spin(N=N), ("+0", "-0"), 1e-9),
        ("correlation_2op_1t, PIQS", (4, 10, 20), with_piqs, without_a_centre, ("+", "-"), 1e-5),
    ):
        for N in sizes:
            reference, seconds = theirs(N, w)
            ours, mine = timed(partial(ps.spectrum, model(N), w, *words))
            difference = np.abs(ours.power - reference).max()
            assert difference < limit * reference.max(), difference
            label = f"{name}, N = {N}"
            print(f"{label:<42} {seconds:8.2f} s {mine:8.3f} s {seconds / mine:8.0f} {difference:14.0e} {ours.errors.max():18.0e}")


def curve(name, model):
    spectrum, seconds = timed(lambda: ps.spectrum(model, FREQUENCIES))
    assert spectrum.certificate.certified, spectrum.certificate.reasons
    factors = f"{len(spectrum.solver['poles'])} pole(s), {spectrum.solver['fill'] / 1e6:.0f} M nonzeros"
    print(f"{name:<36} {seconds:8.1f} s, {factors}, error {spectrum.errors.max():.0e} of {spectrum.power.max():.3g}")


def line(name, model, known=None):
    width, seconds = timed(lambda: ps.linewidth(model))
    assert known is None or abs(-width.eigenvalue.real - known) < 1e-4, width.eigenvalue
    assert width.certified, width.reasons
    print(f"{name:<36} {seconds:8.1f} s, FWHM {width.fwhm:.9g} +- {2 * width.error:.0e}")


def main(words):
    if not words or "small" in words:
        beside_qutip()
        curve("central spin N = 150, 200 frequencies", ps.models.central_spin(N=150))
        curve("central spin N = 1,000", ps.models.central_spin(N=1000))
        line("linewidth, central spin N = 500", ps.models.central_spin(N=500), 0.40108)
        line("linewidth, Tavis-Cummings N = 10", ps.models.tavis_cummings(N=10), 0.3563)
    if not words or "large" in words:
        curve("Tavis-Cummings N = 20", ps.models.tavis_cummings(N=20))
        line("linewidth, Tavis-Cummings N = 20", ps.models.tavis_cummings(N=20), 0.1469)
        line("linewidth, central spin N = 10,000", ps.models.central_spin(N=10_000))


if __name__ == "__main__":
    main(sys.argv[1:])
