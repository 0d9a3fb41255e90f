"""The package's front door."""

import importlib.metadata

import pytest

import permsym as ps


@pytest.mark.parametrize("name", ps.__all__)
def test_every_public_name_resolves_and_is_documented(name):
    found = getattr(ps, name)
    if name != "__version__":
        assert found.__doc__


def test_the_version_is_the_installed_one():
    assert importlib.metadata.version("permsym") == ps.__version__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'steady_sate'"):
        _ = ps.steady_sate
