"""Sweeps to be compared with a reference."""

import pytest

import permsym as ps
from permsym import dataset


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    data = ps.sweep("central-spin", {"N": [2, 10, 50, 80, 100, 150]}, methods=("exact", "mf", "c2"), kappa="N/16")
    for suffix in (".nc", ".csv", ".parquet"):
        dataset.save(data, folder / f"all{suffix}")
    return folder
