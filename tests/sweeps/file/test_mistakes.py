"""Lines of keys in a TOML file."""

from permsym.sweeps.file.mistakes import key_lines


def test_lines_of_keys():
    found = key_lines('[a]\nb = 1\n[[a.c]]\n"d e" = [\n  "x = 1",\n]\n[a.f]\ng.h = {i = 1} # [j]\n')
    assert {("a",): 1, ("a", "b"): 2, ("a", "c"): 3, ("a", "c", "d e"): 4, ("a", "f"): 7, ("a", "f", "g", "h"): 8}.items() <= found.items()
