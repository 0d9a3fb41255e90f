"""Sizes as people read them."""

import pytest

from permsym.text import readable


@pytest.mark.parametrize(("size", "text"), [(0, "0 B"), (999, "999 B"), (1.5e9, "1.5 GB"), (2e12, "2 TB")])
def test_readable(size, text):
    assert readable(size) == text
