"""Statuses: the codes of the contract, what they say of a point, and which error leads to which."""

import pytest

from permsym.dataset.status import Status, failure
from permsym.errors import BeyondOrder, InputError, NoFixedPoint, NotApplicable, SolverFailed, TooLarge, UnsuitedModel

CONTRACT = "ok uncertified unstable unphysical no-fixed-point beyond-order not-applicable failed refused"


def test_the_codes_are_those_of_the_contract():
    assert [str(status) for status in Status] == CONTRACT.split()


def test_what_has_values_and_what_falls_short():
    assert {status for status in Status if status.has_values} == {Status.OK, Status.UNCERTIFIED, Status.UNSTABLE, Status.UNPHYSICAL}
    short = {Status.UNCERTIFIED, Status.NO_FIXED_POINT, Status.BEYOND_ORDER, Status.FAILED, Status.REFUSED}
    assert {status for status in Status if status.falls_short} == short


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoFixedPoint, Status.NO_FIXED_POINT),
        (BeyondOrder, Status.BEYOND_ORDER),
        (SolverFailed, Status.FAILED),
        (TooLarge, Status.REFUSED),
        (NotApplicable, Status.NOT_APPLICABLE),
        (UnsuitedModel, Status.NOT_APPLICABLE),
        (InputError, Status.FAILED),
    ],
)
def test_the_type_of_an_error_is_its_status(error, status):
    assert failure(error("no\nfixed  point")) == (status, "no fixed point")
    assert failure(ZeroDivisionError("by accident")) == (Status.FAILED, "unexpected ZeroDivisionError: by accident")
