"""Statuses: codes for programs, the words of the files for people, and the way back from those."""

import pytest

from permsym.dataset.status import Status, parsed, spelled

CONTRACT = "ok uncertified unstable unphysical no-fixed-point beyond-order not-applicable failed refused"
FLAGS = "unstable, beyond the fold at N=12.5, the population p0_up = 1.25 is outside [0, 1], the photon number = -3 is negative"


def test_the_codes_are_those_of_the_contract():
    assert [str(status) for status in Status] == CONTRACT.split()


@pytest.mark.parametrize(
    ("text", "status", "method"),
    [
        ("certified", Status.OK, "exact"),
        ("uncertified: error estimate 2e-3 of z0 is above 1e-9; negative population", Status.UNCERTIFIED, "exact"),
        ("uncertified: not reliable", Status.UNCERTIFIED, "c2"),
        ("failed: the steady state is not unique: two classes", Status.FAILED, "exact"),
        ("failed: the branch of order 3 does not reach N=20", Status.FAILED, "c3"),
        ("approximation: closed form", Status.OK, "mf"),
        ("approximation: order-1 equations", Status.OK, "mf"),
        ("approximation: order 3", Status.OK, "c3"),
        ("approximation: order 3, beyond the fold at N=12.5", Status.OK, "c3-broken"),
        ("approximation: order 3, unstable", Status.UNSTABLE, "c3"),
        (f"approximation: order 8, {FLAGS}", Status.UNPHYSICAL, "c8"),
        ("approximation: order 2, the photon number = -3 is negative", Status.UNPHYSICAL, "c2"),
        ("approximation: steady from <sigma^z> = -0.5; periodic from the empty cavity", Status.OK, "c2"),
    ],
)
def test_files_say_it_and_it_is_read_back(text, status, method):
    found, reason = parsed(text)
    assert found is status
    assert spelled(found, reason, method) == text


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("steady", Status.OK), ("periodic", Status.NO_FIXED_POINT), ("omitted: eta is the turning point", Status.NOT_APPLICABLE),
        ("", Status.NOT_APPLICABLE),
    ],
)  # fmt: skip
def test_words_of_figures(text, status):
    assert parsed(text)[0] is status


@pytest.mark.parametrize("status", [Status.NO_FIXED_POINT, Status.BEYOND_ORDER, Status.NOT_APPLICABLE, Status.FAILED, Status.REFUSED])
def test_without_values_it_failed_whatever_the_method(status):
    assert not status.has_values
    assert spelled(status, "because", "c2") == spelled(status, "because") == "failed: because"


def test_what_falls_short():
    short = {Status.UNCERTIFIED, Status.NO_FIXED_POINT, Status.BEYOND_ORDER, Status.FAILED, Status.REFUSED}
    assert {status for status in Status if status.falls_short} == short
