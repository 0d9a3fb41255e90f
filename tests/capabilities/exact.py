"""What solves with the Liouvillian: exact to rounding."""

from __future__ import annotations

import itertools

import numpy as np
import qutip

import permsym as ps

TIMES = (0.0, 0.4, 1.3)
FREQUENCIES = (-0.9, 0.35, 1.7)


def steady_state(it):
    labels = [str(label) for label in it.state.labels(4)]
    it.agree([it.state.moment(label) for label in labels], [it.whole.moment(label) for label in labels])


def certificate(it):
    """Every error is within its estimate."""
    certificate = it.state.certificate
    for label, error in certificate.errors.items():
        assert abs(it.state.moment(label) - it.whole.moment(label)) <= error + 1e-14


def derived(it):
    moment, expected = it.whole.moment, {}
    if it.model.centre.kind == "spin":
        expected["p0_up"] = (1 + moment("z0").real) / 2
    if it.model.centre.kind == "boson":
        photons = moment("ad a").real
        expected |= {"photons": photons, "coherent_photons": abs(moment("a")) ** 2, "g2": moment("ad ad a a").real / photons**2}
    for site in it.whole.space.own if it.model.centre.kind == "several" else []:
        if site.kind == "spin":
            expected[f"p0_up@{site.name}"] = (1 + moment(f"z0@{site.name}").real) / 2
        else:
            photons, pairs = (
                moment(f"ad@{site.name} a@{site.name}").real,
                moment(" ".join([f"ad@{site.name}"] * 2 + [f"a@{site.name}"] * 2)),
            )
            expected[f"photons@{site.name}"] = photons
            expected[f"coherent_photons@{site.name}"] = abs(moment(f"a@{site.name}")) ** 2
            expected[f"g2@{site.name}"] = pairs.real / photons**2
    modes = [site.name for site in it.whole.space.own if it.model.centre.kind == "several" and site.kind == "boson"]
    for x, y in itertools.combinations(modes, 2):
        both = moment(f"ad@{x} a@{x} ad@{y} a@{y}").real
        expected[f"g2@{x}@{y}"] = both / expected[f"photons@{x}"] / expected[f"photons@{y}"]
    several = len(it.model.ensembles) > 1
    for each in (each for each in it.model.ensembles if each.levels == 2):
        expected[f"p_up@{each.name}" if several else "p_up"] = (1 + moment(f"z1@{each.name}").real) / 2
    assert it.state.derived.keys() == expected.keys()
    if expected:
        it.agree(list(it.state.derived.values()), [expected[name] for name in it.state.derived])
    assert it.state.derived_errors.keys() == expected.keys()


def reduced(it):
    """The centre and the first satellite of the first ensemble."""
    ensemble = it.model.ensembles[0]
    rho = it.state.reduced(satellites=[1] + [0] * (len(it.model.ensembles) - 1))
    site = it.whole.space.sites[ensemble.name][0]
    own = len(it.whole.space.own) if it.model.centre.levels != 1 else 0
    sites = [*range(own), site]
    expected = it.whole.space.reduced(it.whole.rho, sites)
    d = ensemble.levels
    few = min(len(rho), len(expected)) // d  # levels of the centre on both sides
    rho, expected = (each.reshape(len(each) // d, d, -1, d)[:few, :, :few] for each in (rho, expected))
    it.agree(rho.ravel(), expected.ravel())


def entropy(it):
    values = np.linalg.eigvalsh(it.whole.rho)
    values = values[values > 1e-15]
    it.agree([it.state.purity], [np.sum(values**2)], 1e-11)
    it.agree([it.state.entropy], [-np.sum(values * np.log(values))], 1e-9)


def squeezing(it):
    ensemble = next((each for each in it.model.ensembles if each.levels == 2), it.model.ensembles[0])
    squeezed = it.state.squeezing(ensemble.name)
    space, rho, name = it.whole.two_time, it.whole.rho, ensemble.name
    j = [space.operator(f"{axis}@{name}") / 2 for axis in "xyz"]
    mean = np.array([np.trace(rho @ one).real for one in j])
    it.agree(squeezed.mean_spin, mean)
    length = np.linalg.norm(mean)
    if squeezed.wineland is None:  # no mean spin, or none that an uncertain state can tell
        assert length < 1e-6 or not it.state.certificate.certified
        return
    matrix = np.array([[np.trace(rho @ (a @ b + b @ a)).real / 2 for b in j] for a in j])
    orthogonal = np.linalg.svd(mean[None])[2][1:]
    least = np.linalg.eigvalsh(orthogonal @ matrix @ orthogonal.T)[0]
    it.agree([squeezed.kitagawa_ueda, squeezed.wineland], [4 * least / ensemble.N, ensemble.N * least / length**2], 1e-10)


def evolve(it):
    _evolved(it, "")


def evolve_coherent(it):
    """From a state with coherences of every kind."""
    words = {"boson": "coherent=0.5", "spin": "bloch=1.1,0.4", "levels": "level=1"}
    sites = [site for site in (*it.whole.space.own, *it.model.ensembles) if site.levels != 1]
    several = len(it.model.centre_sites) > 1
    _evolved(it, " ".join(words[site.kind] + (f"@{site.name}" if several else "") for site in sites))


def _evolved(it, initial):
    labels = [str(label) for label in it.state.labels(2)]
    evolution = ps.evolve(it.model, TIMES, initial=initial, moments=labels, tolerance=1e-12)
    start = it.whole.start(initial)
    expected = np.array([[it.whole.moment(label, rho) for label in labels] for rho in it.whole.later(start, TIMES)])
    it.agree(np.array([evolution.moment(label) for label in labels]).T.ravel(), expected.ravel(), 1e-11)


def modulate(it):
    """The first term is switched off after a while: two Liouvillians, one after the other."""
    name = it.model.terms[0].name
    labels = it.labels
    evolution = ps.evolve(it.model, TIMES, moments=labels, modulate={name: lambda t: 1.0 if t < 0.4 else 0.0}, kinks=[0.4], tolerance=1e-11)
    start = it.whole.start("")
    first = list(it.whole.later(start, TIMES[:2]))[-1]
    it.agree([evolution.moment(label)[1] for label in labels], [it.whole.moment(label, first) for label in labels], 1e-9)


def correlate(it):
    of, right = it.emission
    answer = ps.correlation(it.state, of, right, TIMES)
    it.agree(answer.values, it.whole.two_time.correlation(of, right, TIMES), 1e-11)


def correlate_around(it):
    """<C(0) A(tau) B(0)> with C = A: second order."""
    of, right = it.emission
    answer = ps.correlation(it.state, f"{of} {right}", right, TIMES, left=of)
    it.agree(answer.values, it.whole.two_time.correlation(f"{of} {right}", right, TIMES, of), 1e-11)


def spectrum(it):
    of, right = it.emission
    answer = ps.spectrum(it.state, FREQUENCIES, of, right)
    expected = it.whole.power(of, right, FREQUENCIES)
    it.agree(answer.power, expected, 1e-10)
    assert (np.abs(answer.power - expected) <= answer.errors + 1e-12).all()


def linewidth(it):
    of, right = it.emission
    line = ps.linewidth(it.state, of=of, right=right)
    assert np.abs(it.whole.spectrum - line.eigenvalue).min() < 1e-8
    assert line.fwhm > 0


def eigenvalues(it):
    answer = ps.eigenvalues(it.model, k=3)
    for value in answer.eigenvalues:
        assert np.abs(it.whole.spectrum - value).min() < 1e-7
    assert abs(answer.eigenvalues[0]) < 1e-11
    assert np.abs(it.whole.spectrum + answer.gap).min() < 1e-7 or np.abs(it.whole.spectrum.real + answer.gap).min() < 1e-7


def gradient(it):
    state = ps.steady_state(it.family())
    for label in it.labels[1:4]:
        slopes = state.gradient(label, family=it.family)
        it.agree([slopes["h"], slopes["r"]], [it.whole.slope(label, part) for part in "hr"], 1e-9)


def fisher(it):
    """Quantum Fisher information about the factor of the Hamiltonian: sum |<i|drho|j>|^2 2 / (p_i + p_j), within its error."""
    state = ps.steady_state(it.family())
    answer = ps.fisher(state, "h", family=it.family)
    pushed = qutip.liouvillian(it.whole.space.hamiltonian()).full() @ it.whole.rho.ravel(order="F")
    change = it.whole.decaying(pushed.reshape(it.whole.D, -1, order="F"))
    p, v = np.linalg.eigh(it.whole.rho)
    inner = np.abs(v.conj().T @ change @ v) ** 2
    both = p[:, None] + p[None]
    expected = 2 * np.sum(inner[both > 1e-10] / both[both > 1e-10])
    assert abs(answer.steady - expected) <= answer.errors["steady"] + 1e-6 * expected
    assert not state.certificate.certified or answer.errors["steady"] < 1e-2


def counting(it):
    jump = it.model.jumps[0]
    term = next(term for term in it.model.terms if term.jump)
    answer = ps.full_counting(it.state, term.name, order=2)
    current, noise = it.whole.counted(jump)
    it.agree([answer.current, answer.noise], [current, noise], 1e-10)


def counting_order_four(it):
    term = next(term for term in it.model.terms if term.jump)
    answer = ps.full_counting(it.state, term.name)
    assert np.isfinite(answer.cumulants).all()


ALL = (
    steady_state, certificate, derived, reduced, entropy, squeezing, evolve, evolve_coherent, modulate, correlate, correlate_around,
    spectrum, linewidth, eigenvalues, gradient, fisher, counting, counting_order_four,
)  # fmt: skip
