"""Proved bounds: against exact solutions, the published prototype's intervals, and a verifier that shares no code."""

import copy
import functools
import itertools
import json
from fractions import Fraction
from functools import cache
from importlib.util import find_spec

import numpy as np
import pytest

import permsym as ps
from permsym.bounding.bounds import bounds_of
from permsym.bounding.certificate import checked
from permsym.bounding.relaxed.matrices import kets
from permsym.bounding.relaxed.products import products
from permsym.bounding.verify import verify
from permsym.cumulants.equations.alphabet import finite_site
from permsym.errors import InputError

EXACT = {10: 0.612914993685953, 20: 0.575062237, 150: 0.464014903754, 10**6: 0.44120356}
"""p0_up of Fig. 3(b)."""


@cache
def central(N, degree, name="p0_up"):
    return ps.bounds(ps.models.central_spin(N=N), name, degree=degree)


@pytest.mark.parametrize(
    ("N", "degree", "lower", "upper"),
    [
        (10, 2, 0.44406, 0.70393),
        (20, 2, 0.37929, 0.68144),
        (150, 2, 0.28753, 0.55294),
        (10**6, 2, 0.23312, 0.44124),
        pytest.param(10, 4, 0.60728, 0.61700, marks=pytest.mark.slow),
        pytest.param(150, 4, 0.40175, 0.49301, marks=pytest.mark.slow),
        pytest.param(10**6, 4, 0.441125, 0.441205, marks=pytest.mark.slow),
        pytest.param(20, 6, 0.57445, 0.57545, marks=pytest.mark.slow),
        pytest.param(150, 6, 0.45031, 0.47409, marks=pytest.mark.slow),
        pytest.param(10**6, 6, 0.44120351, 0.44120358, marks=pytest.mark.slow),
    ],
)
def test_intervals_are_as_narrow_as_the_prototypes_and_hold_the_exact_value(N, degree, lower, upper):
    b = central(N, degree)
    assert lower <= b.lower <= EXACT[N] <= b.upper <= upper
    assert b.proved
    assert b.free == 2 * degree + 1


def test_intervals_are_nested():
    wide, narrow = central(10, 2), central(10, 3)
    assert wide.exact[0] < narrow.exact[0] < narrow.exact[1] < wide.exact[1]


def test_with_all_moments_the_bound_is_the_exact_rational_number():
    b = central(4, 2, "z0")
    assert b.free == 0
    assert b.exact[0] == b.exact[1]
    assert b.lower <= b.exact[0] <= b.upper == np.nextafter(b.lower, 1)
    assert float(b.exact[0]) == pytest.approx(ps.steady_state(ps.models.central_spin(N=4)).moment("z0").real, abs=1e-12)
    assert verify(b.certificate) == []


def test_moments_share_what_does_not_depend_on_them():
    model = ps.models.central_spin(N=10)
    state = ps.steady_state(model)
    for b in bounds_of(model, ["z0", "z1", "+1 -2"], degree=2):
        assert b.lower < state.moment(b.name).real < b.upper
        assert not b.excludes(state)
        assert b.excludes(b.upper + 1e-9)


def test_outward_rounding():
    from permsym.bounding.bounds import rounded_down

    for value in (Fraction(1, 3), Fraction(-1, 3), Fraction(2, 3), Fraction(-(10**400) - 1, 3 * 10**400)):
        assert Fraction(rounded_down(value)) <= value < Fraction(np.nextafter(rounded_down(value), 9))


def test_charged_moments_are_zero():
    b = ps.bounds(ps.models.central_spin(N=10), "+0", degree=1)
    assert (b.lower, b.upper, b.exact) == (0, 0, (0, 0))
    assert b.notes


# -- the verifier ---------------------------------------------------------------------------------------------------------


@cache
def certificate():
    return json.dumps(central(10, 1, "z0").certificate)


def refused(document):
    """Whether the verifier says no, or does not understand."""
    try:
        return bool(verify(document))
    except (KeyError, ValueError, IndexError, TypeError, StopIteration, ZeroDivisionError):
        return True


def numbers(part, path=()):
    """Where numbers are in a document.

    Left out is what a proof does not depend on: parameters by name, rows of a block that no square has, and the imaginary part of an
    operator that is its own adjoint: with it, the operator and its adjoint have the same sum.
    """
    if path[-1:] == (2,) and part == "0x0/0x1":
        return
    if isinstance(part, dict | list):
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            if key != "parameters":
                yield from numbers(value, (*path, key))
    elif not isinstance(part, bool) and (isinstance(part, int | float) or str(part).lstrip("-").startswith("0x")):
        yield path


def changed(path, by):
    """The certificate with one number changed."""
    document = json.loads(certificate())
    *where, last = path
    part = document
    for key in where:
        part = part[key]
    old = part[last]
    part[last] = old + by if not isinstance(old, str) else "/".join([hex(int(old.split("/")[0], 16) + by), *old.split("/")[1:]])
    return document


def exchanged(path):
    """Whether the next row has the same satellites in the other order: squares with it are the same operators."""
    document = json.loads(certificate())
    if "squares" not in path or len(path) != 9 or path[-1] != 0:
        return False
    b, index = document["results"]["z0"][path[2]]["squares"][path[4]][1], functools.reduce(lambda part, key: part[key], path, document)
    (ket, word), (other, same) = [*document["blocks"][b], [[], []], [[], []]][index : index + 2]
    return sorted(ket) == sorted(other) and word == same


PLACES = [path for path in numbers(json.loads(certificate())) if not exchanged(path)] if find_spec("flint") else []


@pytest.mark.slow
def test_a_certificate_with_any_number_changed_is_refused():
    assert verify(json.loads(certificate())) == []
    assert [path for path in PLACES if not refused(changed(path, 1))] == []


def test_a_certificate_with_a_number_changed_is_refused():
    """A few of each part; the slow test takes all."""
    assert len(PLACES) > 500
    for path in PLACES[7 :: len(PLACES) // 5]:
        assert refused(changed(path, 1)), path


def test_a_rate_that_is_slightly_another_is_refused():
    document = json.loads(certificate())
    document["model"]["jumps"][0]["rate"] *= 1.0000001
    assert verify(document) == ["z0, lower: not proved", "z0, upper: not proved"]


def test_a_matrix_that_is_not_positive_is_refused_although_the_identity_holds():
    """-100 times the squares of <0| and <1|, paid for by the bound: still an identity, but no proof."""
    document = json.loads(certificate())
    lower = document["results"]["z0"]["lower"]
    for level in (0, 1):
        b, i = next((b, i) for b, block in enumerate(document["blocks"]) for i, row in enumerate(block) if row == [[[1, level]], []])
        lower["squares"].append(["-0x64/0x1", b, [[[i, "0x1", "0x0"]]]])
    top, bottom = (int(part, 16) for part in lower["bound"].split("/"))
    lower["bound"] = f"{top + 100 * bottom:#x}/{bottom:#x}"
    assert verify(document) == ["z0, lower: not proved"]
    for square in lower["squares"][-2:]:  # the other way round it is true
        square[0] = "0x64/0x1"
    lower["bound"] = f"{top - 100 * bottom:#x}/{bottom:#x}"
    assert verify(document) == []


@pytest.mark.parametrize("letters", [[[2, 1, 1]] * 11, [[3, 0, 1]], [[-1, 0, 1]], [[2, 0, 2]]])
def test_letters_that_no_satellite_has_are_refused(letters):
    """Beyond N letters averages are 0/0, and formal products of them prove anything."""
    document = json.loads(certificate())
    document["results"]["z0"]["lower"]["multipliers"].append([letters, "0x0/0x1", "0x0/0x1"])
    assert refused(document)


@pytest.mark.parametrize("site", [-1, 0, 1, 3])
def test_levels_of_satellites_that_are_not_there_are_refused(site):
    """Satellites singled out are some of the N; a second mode or a second centre would prove too much."""
    document = json.loads(certificate())
    for ket, _ in document["blocks"][0]:
        ket.append([site, 0])
    with pytest.raises((KeyError, ValueError)):
        verify(document)


def test_a_file_is_refused_where_anything_in_it_was_changed(tmp_path):
    path = tmp_path / "z0.json"
    central(10, 1, "z0").save(path)
    assert checked(path)[0] == []
    path.write_text(path.read_text().replace('"g":', '"h":', 1))
    assert checked(path)[0] == ["it was changed after it was written"]


# -- products -------------------------------------------------------------------------------------------------------------


def dense(letters, site, number):
    """Sum over ordered distinct satellites of products of letters, divided by the number of its terms."""
    word = [g + 1 for g, n in enumerate(letters) for _ in range(n)]
    total = np.zeros((site.levels**number,) * 2, dtype=complex)
    for places in itertools.permutations(range(number), len(word)):
        factors = [site.basis[0]] * number
        for place, g in zip(places, word, strict=True):
            factors[place] = site.basis[g]
        matrix = np.eye(1)
        for factor in factors:
            matrix = np.kron(matrix, factor)
        total += matrix
    return total / max(1, len(list(itertools.permutations(range(number), len(word)))))


@pytest.mark.parametrize(("kind", "levels", "number"), [("spin", 2, 4), ("levels", 3, 2)])
def test_products_are_those_of_matrices(kind, levels, number):
    site = finite_site(kind, levels)
    table = products(site, number, 2)
    rng = np.random.default_rng(3)
    words = sorted({left for left, _ in table})
    for _ in range(12):
        left, right = words[rng.integers(len(words))], words[rng.integers(len(words))]
        expected = dense(left, site, number).conj().T @ dense(right, site, number)
        found = sum((float(value) * dense(n, site, number) for n, value in table.get((left, right), {}).items()), np.zeros_like(expected))
        np.testing.assert_allclose(found, expected, atol=1e-13)


@pytest.mark.parametrize("levels", [2, 3])
def test_states_of_pairs_are_complete(levels):
    total = np.zeros((levels**2, levels**2))
    for _, ket in kets(levels, 2):
        vector = np.zeros((levels, levels))
        for coefficient, (i, j) in ket:
            vector[i, j] += coefficient
        total += np.outer(vector, vector) / np.sum(vector**2)
    np.testing.assert_allclose(total, np.eye(levels**2), atol=1e-15)


# -- bad input ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"moment": "z0", "degree": 0.3}, "whole or half"),
        ({"moment": "z0", "degree": "4"}, "whole or half"),
        ({"moment": "z0", "degree": 40}, "whole or half"),
        ({"moment": "z1 z2 z3", "degree": 1}, "needs degree 1.5"),
        ({"moment": "z0", "gap": 0}, "gap"),
        ({"moment": "z0", "gap": float("nan")}, "gap"),
        ({"moment": "z0", "width": 0.1}, "degree=None"),
        ({"moment": "z0", "degree": None}, "when to stop"),
        ({"moment": "g2"}, "belongs to a mode"),
        ({"moment": 3}, "label"),
        ({"moment": ["z0"]}, "label"),
        ({"moment": "a"}, "not a factor"),
    ],
)
def test_bad_input(options, words):
    with pytest.raises(InputError, match=words):
        ps.bounds(ps.models.central_spin(N=10), **options)


@pytest.mark.parametrize("value", ["0.5", float("nan"), 1j, True])
def test_excludes_refuses_what_is_no_number(value):
    with pytest.raises(InputError, match="real number or a state"):
        central(10, 2).excludes(value)


def test_what_is_no_model_is_refused():
    with pytest.raises(InputError, match="central_spin"):
        ps.bounds("central-spin", "z0")


def test_degree_is_raised_until_the_width_is_reached():
    b = ps.bounds(ps.models.central_spin(N=5), "p0_up", degree=None, width=0.3)
    assert b.degree == 2
    assert ps.bounds(ps.models.central_spin(N=5), "p0_up", degree=1).width > 0.3 >= b.width > 0
    assert copy.deepcopy(b) == b
