"""Problems as QuTiP code on the whole product space, for few satellites: written by hand, so that it shares nothing with permsym."""

from __future__ import annotations

from permsym.reference.problems import Problem

_ON = """\
def on(site, operator):
    return qt.tensor([operator if k == site else qt.qeye(dims[k]) for k in range(len(dims))])

"""
_SPINS = """\
sm = [on(1 + n, qt.sigmam()) for n in range(N)]  # qt.basis(2, 0) is up
sz = [on(1 + n, qt.sigmaz()) for n in range(N)]
"""
_CAVITY = "dims = [levels] + [2] * N\n\n" + _ON + "a = on(0, qt.destroy(levels))\n" + _SPINS
_PUMPED = """\
jumps = [(kappa, a)]  # (rate, x): rate L[x], L[x] rho = x rho x^dag - {x^dag x, rho}/2
jumps += [(gamma_up, m.dag()) for m in sm] + [(gamma_down, m) for m in sm] + [(gamma_phi, z) for z in sz]
"""

MODELS = {
    "central-spin": "dims = [2] * (N + 1)\n\n"
    + _ON
    + "sm0, sz0 = on(0, qt.sigmam()), on(0, qt.sigmaz())\n"
    + _SPINS
    + """\
H = omega / 2 * sz0 + sum(epsilon / 2 * z + g * (sm0.dag() * m + sm0 * m.dag()) for m, z in zip(sm, sz))
jumps = [(kappa, sm0), (kappa_up, sm0.dag()), (kappa_phi, sz0)]  # (rate, x): rate L[x], L[x] rho = x rho x^dag - {x^dag x, rho}/2
jumps += [(gamma_up, m.dag()) for m in sm] + [(gamma_down, m) for m in sm] + [(gamma_phi, z) for z in sz]
""",
    "tavis-cummings": _CAVITY
    + "H = omega * a.dag() * a + sum(epsilon / 2 * z + g * (a * m.dag() + a.dag() * m) for m, z in zip(sm, sz))\n"
    + _PUMPED,
    "dicke": _CAVITY
    + "H = omega * a.dag() * a + sum(epsilon / 2 * z + g * (a + a.dag()) * (m + m.dag()) for m, z in zip(sm, sz))\n"
    + _PUMPED,
    "driven-tavis-cummings": _CAVITY
    + """\
H = Delta_c * a.dag() * a + 1j * eta * (a.dag() - a)
H += sum(Delta / 2 * z + g * (a * m.dag() + a.dag() * m) for m, z in zip(sm, sz))
jumps = [(2 * kappa, a)]  # (rate, x): rate L[x], L[x] rho = x rho x^dag - {x^dag x, rho}/2
jumps += [(2 * gamma_h, m) for m in sm] + [(gamma_p, z) for z in sz]
""",
    "collective-spins": "dims = [2] * N\n\n"
    + _ON
    + """\
sm = [on(n, qt.sigmam()) for n in range(N)]  # qt.basis(2, 0) is up
sz = [on(n, qt.sigmaz()) for n in range(N)]
Jm, Jz = sum(sm), sum(sz) / 2
Jp = Jm.dag()
H = drive * (Jp + Jm) / 2 + twist * Jz * Jz - 1j * counter_twist * (Jp * Jp - Jm * Jm) + delta * Jz
jumps = [(Gamma_down, Jm), (Gamma_up, Jp)]  # (rate, x): rate L[x], L[x] rho = x rho x^dag - {x^dag x, rho}/2
jumps += [(gamma_down, m) for m in sm] + [(gamma_up, m.dag()) for m in sm] + [(gamma_phi, z) for z in sz]
""",
    "two-ensembles": "dims = [2] * (N + N_B)\n\n"
    + _ON
    + """\
sm_A, sm_B = ([on(n, qt.sigmam()) for n in some] for some in (range(N), range(N, N + N_B)))  # qt.basis(2, 0) is up
sz_A, sz_B = ([on(n, qt.sigmaz()) for n in some] for some in (range(N), range(N, N + N_B)))
A, B = sum(sm_A), sum(sm_B)
H = delta / 4 * (sum(sz_A) - sum(sz_B)) + exchange * (A.dag() * B + A * B.dag())
jumps = [(Gamma_down, A + B), (Gamma_up, (A + B).dag())]  # (rate, x): rate L[x], L[x] rho = x rho x^dag - {x^dag x, rho}/2
jumps += [(gamma_down, m) for m in sm_A] + [(gamma_up, m.dag()) for m in sm_A] + [(gamma_phi, z) for z in sz_A]
jumps += [(gamma_down_B, m) for m in sm_B] + [(gamma_up_B, m.dag()) for m in sm_B] + [(gamma_phi_B, z) for z in sz_B]
""",
    "three-level-laser": "dims = [levels] + [3] * N\n\n"
    + _ON
    + """\
a = on(0, qt.destroy(levels))
unit = [[[on(1 + n, qt.basis(3, i) * qt.basis(3, j).dag()) for j in range(3)] for i in range(3)] for n in range(N)]  # |i><j| of n
H = omega * a.dag() * a + sum(epsilon * s[1][1] + g * (a * s[1][0] + a.dag() * s[0][1]) for s in unit)
jumps = [(kappa, a)]  # (rate, x): rate L[x], L[x] rho = x rho x^dag - {x^dag x, rho}/2
for s in unit:
    jumps += [(pump, s[2][0]), (feed, s[1][2]), (gamma, s[0][1]), (gamma_phi, s[1][1] - s[0][0])]
""",
}
"""Hamiltonian and jumps of each model in terms of its parameters, by the model's name."""

_SQUEEZING = """\
def squeezing_wineland(rho):
    J = [Jp / 2 + Jm / 2, (Jp - Jm) / 2j, Jz]
    mean = np.array([qt.expect(x, rho) for x in J])
    C = np.array([[qt.expect((x * y + y * x) / 2, rho) for y in J] for x in J]) - np.outer(mean, mean)
    across = np.linalg.svd(mean[None])[2][1:]  # two directions across the mean spin
    return N * np.linalg.eigvalsh(across @ C @ across.T)[0] / (mean @ mean)


"""
_DERIVED = {
    "photons": "qt.expect(a.dag() * a, rho)",
    "g2": "qt.expect(a.dag() ** 2 * a**2, rho) / qt.expect(a.dag() * a, rho) ** 2",
    "coherent_photons": "abs(qt.expect(a, rho)) ** 2",
    "p0_up": "(1 + qt.expect(sz0, rho)) / 2",
    "p_up": "(1 + qt.expect(sz[0], rho)) / 2",
    "squeezing_wineland": "squeezing_wineland(rho)",
}
_LINE = """\
L = qt.liouvillian(H, c_ops)
eigenvalues, vectors = np.linalg.eig(L.full())
start = np.linalg.solve(vectors, qt.operator_to_vector({right} * rho).full()).ravel()
weights = start * (qt.operator_to_vector({of}.dag()).full().conj().T @ vectors).ravel()
resting = np.argmin(abs(eigenvalues))
heights = np.array([w.real / max(-x.real, 1e-12) for w, x in zip(weights, eigenvalues)])
heights[resting] = 0
values["linewidth"] = -2 * eigenvalues[np.argmax(heights)].real  # the full width at half maximum of the highest line
"""
_COUNTING = """\
counted = qt.countstat_current_noise(qt.liouvillian(H, c_ops), [np.sqrt(kappa) * a], rhoss=rho)
current, noise = np.ravel(counted[0])[0], np.ravel(counted[1])[0]
values["counting_current@L[a] central"] = current
values["counting_fano@L[a] central"] = noise / current
"""
_LATER = """\
later = qt.correlation_3op_1t(H, rho, delays, c_ops, a.dag(), a.dag() * a, a, options={"atol": 1e-13, "rtol": 1e-11})
values["g2_delayed"] = later.real / qt.expect(a.dag() * a, rho) ** 2
"""


def qutip_code(problem: Problem) -> str:
    """A script that computes the problem's quantities at its small size: it leaves them in the dictionary ``values``, and prints them."""
    model = problem.small_model
    numbers = {name: int(value) if value == round(value) else value for name, value in model.parameters.items()}
    modulate = {} if problem.sweep.evolution is None else problem.sweep.evolution.modulate
    lines = [f"{name} = {value!r}" for name, value in numbers.items() if name not in modulate]
    lines += [f"{name} = lambda t: {rule}  # a rate that changes in time" for name, rule in modulate.items()]
    head = "import numpy as np\nimport qutip as qt\n\n" + "\n".join(lines) + "\n" + MODELS[problem.sweep.source.name]
    return head + (_c_ops(bool(modulate)) + _answers(problem))


def _c_ops(modulated: bool) -> str:
    constant = "c_ops = [np.sqrt(rate) * x for rate, x in jumps if not callable(rate) and rate]\n"
    changing = "c_ops += [qt.QobjEvo([x, lambda t, rate=rate: np.sqrt(rate(t))]) for rate, x in jumps if callable(rate)]\n"
    return constant + (changing if modulated else "")


def _answers(problem: Problem) -> str:
    """Code behind the model: a steady state or an evolution, and what is asked of it."""
    asked = {quantity: _spelled(quantity) for quantity in problem.quantities}
    table = "".join(f"        {quantity!r}: {code},\n" for quantity, code in asked.items() if code)
    read = "\n\ndef read(rho):\n    return {\n" + table + "    }\n\n\n"
    squeezing = "\n\n" + _SQUEEZING.rstrip("\n") + "\n" if "squeezing_wineland" in asked else ""
    tail = "for name, value in values.items():\n    print(name, value)\n"
    evolution, spectrum = problem.sweep.evolution, problem.sweep.spectrum
    if evolution is not None:
        sites = "[qt.basis(levels, 0)] + " if "levels" in problem.small_model.parameters else ""
        up = 0 if evolution.initial.endswith("up") else 1
        return (
            squeezing + read
            + f"times = np.array({[0.0, *evolution.times]!r})\n"
            + f"start = qt.tensor({sites}[qt.basis(2, {up})] * N)\n"
            + 'options = {"atol": 1e-13, "rtol": 1e-11, "nsteps": 100000}\n'
            + "states = qt.mesolve(H, qt.ket2dm(start), times, c_ops, options=options).states[1:]\n"
            + "values = {name: np.array([read(rho)[name] for rho in states]) for name in read(states[0])}  # at times[1:]\n"
            + tail
        )  # fmt: skip
    more = ""
    if spectrum is not None and spectrum.linewidth:
        of, right = ("a.dag()", "a") if spectrum.of is None else ("Jp", "Jm")
        more += _LINE.format(of=of, right=right)
    if spectrum is not None and spectrum.delays:
        more += f"delays = np.array({list(spectrum.delays)!r})\n" + _LATER
    if problem.sweep.quantities is not None and problem.sweep.quantities.counting:
        more += _COUNTING
    return read + "rho = qt.steadystate(H, c_ops)\nvalues = read(rho)\n" + more + tail


def _spelled(quantity: str) -> str:
    """Code for a quantity of a state ``rho``; "" for one that needs more than a state."""
    if quantity in _DERIVED:
        return _DERIVED[quantity]
    if quantity.partition("@")[0] in ("linewidth", "g2_delayed", "counting_current", "counting_fano"):
        return ""
    return f"qt.expect({' * '.join(map(_factor, quantity.split()))}, rho)"


def _factor(word: str) -> str:
    """An operator of a moment's label, such as ``+1@A``: digits count satellites from 1, 0 is the centre."""
    letter, _, ensemble = word.partition("@")
    end = f"_{ensemble}" if ensemble else ""
    if letter in ("a", "ad"):
        return {"a": "a", "ad": "a.dag()"}[letter]
    if letter.startswith("|"):
        level, other, number = letter[1], letter[4], int(letter[6:])
        return f"unit[{number - 1}][{level}][{other}]"
    kind, number = letter[0], int(letter[1:])
    name = {"z": "sz", "+": "sm", "-": "sm"}[kind] + end
    return f"{name}{0 if number == 0 else f'[{number - 1}]'}" + ".dag()" * (kind == "+")
