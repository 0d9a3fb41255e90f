"""Kraus operators of every jump on \\|j, m> (x) centre, and the evolution between jumps.

An individual jump X_n = C_0 + sum_q C_q s_q,n, q in {+, -, z/2}, acts on an average over the copies of j as

    K_0 = sqrt(w_0) sum_q C_q A_q + C_0 / sqrt(w_0)      j -> j
    K_- = sqrt(w_-) sum_q C_q B_q                        j -> j - 1
    K_+ = sqrt(w_+) sum_q C_q D_q                        j -> j + 1
    K_id = C_0 sqrt(N - 1/w_0)                           j -> j

    sum_n X_n rho X_n^dag = sum_k K_k rho K_k^dag

so that a pure state of the centre and one copy of j stays one.  Between jumps d psi/dt = G psi with G = -i H - sum X^dag X / 2.  Jumps
less their constants c give the same master equation:

    x -> x - c,    G = -i H + sum over jumps of rate (-x^dag x / 2 + c^* x - \\|c\\|^2 / 2)

which leaves few jumps of a mode whose frame follows its field.
"""

from __future__ import annotations

from dataclasses import dataclass

from permsym.basis.spin import components
from permsym.jumps import Jump
from permsym.operators import Operator, Product, adjoint, as_array, as_matrix
from permsym.unravelling.engine.terms import DOWN, LETTERS, REST, ROOT, SAME, UP, Expansion, Terms, add, times_number


@dataclass(frozen=True)
class Kraus:
    """One Kraus operator.

    jump    place of its jump in ``model.jumps``
    step    what it adds to j
    terms   with the square root of the rate
    """

    jump: int
    step: int
    terms: Terms


def kraus_operators(expansion: Expansion, constants: bool) -> list[Kraus]:
    """Kraus operators of all jumps; ``constants``: with their constant parts, so that a jump is what a detector counts."""
    result = []
    for place, jump in enumerate(expansion.model.jumps):
        root = jump.rate**0.5
        if jump.kind != "individual":
            whole = expansion.terms(jump.operator)
            drop = {} if constants else expansion.constant(whole)
            parts = [(0, add(whole, add(drop, factor=-1)))]
        else:
            alone, on_spins = _one_satellite(expansion, jump)
            drop = {} if constants else expansion.constant(alone)
            rest = add(alone, add(drop, factor=-1))
            parts = [(0, add(_with(on_spins, SAME), _worded(rest, ROOT))), (-1, _with(on_spins, DOWN)), (1, _with(on_spins, UP))]
            parts.append((0, _worded(rest, REST)))
        result += [Kraus(place, step, add(terms, factor=root)) for step, terms in parts if terms]
    return result


def generator(expansion: Expansion, constants: bool) -> Terms:
    """G, the evolution between jumps."""
    parts = [add(expansion.terms(expansion.model.hamiltonian), factor=-1j)]
    for jump in expansion.model.jumps:
        individual = jump.kind == "individual"
        square = _squares(jump) if individual else jump.operator.dag() * jump.operator
        parts.append(add(expansion.terms(square), factor=-jump.rate / 2))
        if constants:
            continue
        whole = expansion.terms(jump.operator)  # of an individual jump: summed over satellites
        drop = expansion.constant(_one_satellite(expansion, jump)[0] if individual else whole)
        parts.append(times_number(drop, whole, jump.rate))
        parts.append(times_number(drop, drop, -jump.rate / 2 * (expansion.N if individual else 1)))
    return add(*parts)


def _one_satellite(expansion: Expansion, jump: Jump) -> tuple[Terms, Terms]:
    """C_0, and sum_q C_q s_q with the letters of J_q, of one satellite."""
    alone: Terms = {}
    on_spins: Terms = {}
    for key, coefficient in jump.operator.terms.items():
        one, parts = components(key.satellites[0][1])
        for centre, u, v, x in expansion.centre(key.centre):
            if one:
                alone[centre, (), u, v] = alone.get((centre, (), u, v), 0) + coefficient * x * one
            for q, value in parts.items():
                name = (centre, (LETTERS[q],), u, v)
                on_spins[name] = on_spins.get(name, 0) + coefficient * x * value
    return add(alone), add(on_spins)


def _with(on_spins: Terms, kind: int) -> Terms:
    """The same with A, B or D for the satellite's operators."""
    return {(centre, (kind + word[0],), u, v): value for (centre, word, u, v), value in on_spins.items()}


def _worded(alone: Terms, letter: int) -> Terms:
    return {(centre, (letter,), u, v): value for (centre, _, u, v), value in alone.items()}


def _squares(jump: Jump) -> Operator:
    """sum_n X_n^dag X_n."""
    result = Operator()
    for left, a in jump.operator.terms.items():
        for right, b in jump.operator.terms.items():
            (name, s), (_, t) = left.satellites[0], right.satellites[0]
            middle = as_matrix(as_array(adjoint(s)) @ as_array(t))
            centre = Operator({Product(left.adjoint.centre): 1}) * Operator({Product(right.centre): 1})
            result = result + centre * Operator({Product(None, ((name, middle),)): a.conjugate() * b})
    return result
