"""Every capability on a model of every kind: right by the whole product space, or refused by type in one sentence."""

import warnings

import pytest
from capabilities import CAPABILITIES, REFUSALS, UNTRIED
from capabilities.subject import subject
from oracles import kinds

from permsym.errors import PermsymError, UncertifiedWarning

PAIRS = [(name, capability) for capability in CAPABILITIES for name in kinds.MODELS if name not in UNTRIED.get(capability, {})]
QUICK = [f"{name}-{capability}" for name, capability in (
    ("lower_spin", "steady_state"), ("fixed_and_free", "entropy"), ("crystal", "spectrum"), ("negative", "modulate"),
    ("cubic", "counting"), ("synchronisation", "derived"), ("fluorescence", "cumulants_3"), ("from_piqs", "bounds"),
    ("two_in_cavity", "pickled"), ("fixed_and_free", "from_qutip"), ("lone_qutrit", "evolve"), ("from_piqs", "reduced"),
    ("from_file", "info"), ("three_alone", "dictionary"), ("cavity", "fisher"), ("qutrits", "squeezing"),
    ("two_modes", "steady_state"), ("mode_and_spin", "entropy"), ("two_modes", "derived"), ("mode_and_spin", "evolve"),
    ("mode_and_spin", "from_qutip"),
)]  # fmt: skip


@pytest.mark.quick(*QUICK)
@pytest.mark.parametrize(("name", "capability"), PAIRS, ids=[f"{name}-{capability}" for name, capability in PAIRS])
def test_every_pair(name, capability):
    refusal = REFUSALS.get(capability, {}).get(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # some modes have few levels, as the oracle has
        if refusal is None:
            CAPABILITIES[capability](subject(name))
            return
        with pytest.raises(PermsymError) as caught:
            CAPABILITIES[capability](subject(name))
    assert caught.type.__name__ == refusal
    assert len(str(caught.value)) > 20
    assert "\n" not in str(caught.value)


def test_the_list_has_all_kinds():
    models = [kinds.model_of(name) for name in kinds.MODELS]
    assert len(models) >= 30
    assert {model.centre.kind for model in models} == {"spin", "levels", "boson", "none", "several"}
    assert {len(model.ensembles) for model in models} == {1, 2, 3}
    assert {0, 2, 3, 4} <= {k for model in models for k in model.symmetry.modulus}
    assert {each.levels for model in models for each in model.ensembles} == {2, 3, 4}
    assert any(jump.rate < 0 for model in models for jump in model.jumps)
    for capability, refused in REFUSALS.items():
        assert refused.keys() <= kinds.MODELS.keys(), capability
