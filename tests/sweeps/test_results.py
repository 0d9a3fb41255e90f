"""Reference values, computed again: who changes one is reminded to raise RESULTS, so that stores compute their points again.

``python tests/sweeps/test_results.py`` writes them anew.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import permsym as ps
from permsym.sweeps.task import RESULTS

TABLE = Path(__file__).with_name("results.json")
SWEEPS = {
    "spin": ("central-spin", {"N": [2, 5]}, ("exact", "mf", "c2", "c3", "c3-broken"), {"kappa": "N/16", "gamma_phi": 0.1}),
    "window": ("central-spin", {"N": [60]}, ("exact",), {"kappa": "N/16"}),
    "cavity": ("tavis-cummings", {"N": [3]}, ("exact", "c2"), {"levels": 8, "gamma_phi": 0.05}),
    "driven": ("driven-tavis-cummings", {"N": [2]}, ("exact", "mf", "c2"), {"C": 2, "drive": 0.5}),
    "parity": ("dicke", {"N": [3]}, ("exact",), {"levels": 8, "g": 0.3}),
}
CLOSE = 1e-10  # what BLAS, processors and numpy's versions may change; certified errors of these are below 1e-11


def values(name):
    """Numbers of a sweep, by variable."""
    model, axes, methods, fixed = SWEEPS[name]
    data = ps.sweep(model, axes, methods=methods, **fixed)
    numbers = [str(variable) for variable in data.data_vars if str(variable).startswith(("moment_r", "moment_i", "p", "g2"))]
    numbers = [variable for variable in numbers if "error" not in variable]
    return {
        "certified": data["certified"].values.ravel().tolist(),
        **{variable: data[variable].values.ravel().tolist() for variable in numbers},
    }


@pytest.mark.parametrize("name", SWEEPS)
def test_reference_values(name):
    recorded = json.loads(TABLE.read_text())
    remind = "raise RESULTS in permsym/sweeps/task.py if this change may alter a number; then run `python tests/sweeps/test_results.py`"
    assert recorded["RESULTS"] == RESULTS, remind
    now, before = values(name), recorded[name]
    assert len(before) > 3
    assert now.keys() == before.keys(), remind
    for variable in now:
        np.testing.assert_allclose(now[variable], before[variable], rtol=CLOSE, atol=CLOSE, err_msg=f"{variable}: {remind}")


if __name__ == "__main__":
    TABLE.write_text(json.dumps({"RESULTS": RESULTS, **{name: values(name) for name in SWEEPS}}) + "\n")
