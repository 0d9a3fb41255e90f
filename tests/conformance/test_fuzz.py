"""Malformed command lines, TOML and data files: always a documented code and short lines, never a traceback or a hang."""

import random

import fuzz
import pytest
from sampled import sampled

SEED = 20261130


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz")
    fuzz.prepared(path)
    return path


@pytest.mark.parametrize("part", sampled([(part,) for part in range(12)], 6))
def test_malformed_input_keeps_the_promise(folder, part):
    """6 cases each; benchmarks/attack_edge.py runs as many as there is time for."""
    chance = random.Random(SEED + part)
    with fuzz.inside(folder), fuzz.inline_workers():
        for _ in range(6):
            words = fuzz.case(chance, folder)
            wrong, _ = fuzz.verdict(words)
            assert not wrong, (words, wrong)


def test_the_fuzzer_sees_a_fault(folder, monkeypatch):
    def broken(text):
        raise IndexError("a fault")

    monkeypatch.setattr("permsym.models.registry.lookup", broken)
    monkeypatch.setattr("permsym.models.lookup", broken)
    with fuzz.inside(folder):
        assert "exit code 70" in fuzz.verdict(["solve", "central-spin", "N=2"])[0]
