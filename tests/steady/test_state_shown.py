"""A steady state prints what is certain of it, and what its certificate says."""

import re
import warnings

import permsym as ps
from permsym.shown import complex_digits, digits


def test_a_state_prints_values_errors_and_verdict():
    state = ps.steady_state(ps.models.central_spin(N=6))
    text = repr(state)
    assert text.splitlines()[0] == f"State of central-spin, N=6: dicke, {state.dimension} unknowns"
    assert text.splitlines()[1] == state.certificate.summary
    assert state.certificate.summary.startswith(f"certified: every moment is proved to {state.certificate.error_estimate:.1e};")
    value = re.search(r"p0_up +([\d.]+)", text)
    assert abs(float(value[1]) - state.derived["p0_up"]) < 1e-11
    assert re.search(r"^\+0 -1 .*i$", text, re.MULTILINE), "the correlation is imaginary"
    assert "zero by symmetry: +1, -1, +0, -0" in text
    page = state._repr_html_()
    assert "&lang;+0 -1&rang;" in page
    assert "<style" not in page
    assert page.count("<tr>") == len(text.split("\n\n")[1].splitlines()) - 1, "the last line is no row"


def test_a_certificate_that_falls_short_says_so_first():
    with warnings.catch_warnings(action="ignore"):
        state = ps.steady_state(ps.models.driven_tavis_cummings(N=2, g=1, eta=1.3, levels=4))
    assert state.certificate.summary.startswith("NOT certified: the error estimate of ")
    assert re.search(r"photons +0\.\d+\(\d+\)\n", repr(state)), "an uncertain value has its error in brackets"


def test_digits_end_where_the_error_begins():
    assert digits(0.123456, 3.2e-4) == "0.1235(4)"
    assert digits(-12345.678, 25.0) == "-12346(25)"
    assert complex_digits(1e-12 - 0.25j, 1e-6) == "-0.250000(1)i"
    assert complex_digits(0.5 - 0.25j, 0.0) == "0.5 - 0.25i"
    assert complex_digits(1e-9, 1e-6) == "0 within 1e-06"
