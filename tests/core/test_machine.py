"""Memory that may be used: sizes as people write them, and what the system leaves free."""

import pytest

import permsym as ps
from permsym import machine


@pytest.mark.parametrize(
    ("text", "size"),
    [("8GB", 8 * 2**30), ("500M", 500 * 2**20), ("1.5g", 1.5 * 2**30), ("2 TiB", 2 * 2**40), ("123456", 123456), ("10k", 10240), ("7b", 7)],
)
def test_sizes(monkeypatch, text, size):
    monkeypatch.setenv("PERMSYM_MEMORY", text)
    assert machine.available_bytes() == size


@pytest.mark.parametrize("text", ["lots", "-1G", "8 G B", "1e9", "GB", "8PB", "nan", "8,5G"])
def test_bad_sizes(monkeypatch, text):
    monkeypatch.setenv("PERMSYM_MEMORY", text)
    with pytest.raises(ps.InputError, match="PERMSYM_MEMORY must be a size such as 8GB or 500M, but is"):
        ps.steady_state(ps.models.central_spin(N=3))


def test_without_the_variable(monkeypatch):
    monkeypatch.delenv("PERMSYM_MEMORY", raising=False)
    assert 2**24 < machine.available_bytes() < 2**50
