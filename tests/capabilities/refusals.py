"""What is refused, by the name of the error, and what is not tried."""

from __future__ import annotations


def _all(word: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), word)


REFUSALS: dict[str, dict[str, str]] = {
    "squeezing": _all("InputError", "qutrits random_qutrits driven_lambda incoherent_lambda four_level_laser ladder_alone lone_qutrit"),
    "evolve_coherent": _all("InputError", "lower_spin"),
    "cumulants_1": _all("UnsuitedModel", "crystal lower_spin fixed_beside_spin fixed_in_cavity fixed_and_free"),
    "cumulants_2": _all("NoFixedPoint", "products") | _all("UnsuitedModel", "lower_spin"),
    "cumulants_3": _all("NoFixedPoint", "products two_photons cubic") | _all("UnsuitedModel", "lower_spin"),
    "twa": _all(
        "UnsuitedModel",
        "conditional_jumps collective_jumps products charged_products two_ensembles three_level_centre "
        "driven_three_level_centre qutrits random_qutrits mixed_ensembles squeezed_cavity driven_lambda "
        "incoherent_lambda four_level_laser ladder_alone crystal lower_spin fixed_beside_spin fixed_in_cavity "
        "fixed_and_free negative satellite_pairs lone_qutrit five_levels",
    )
    | _all("SolverFailed", "two_photons cubic"),
    "linear_noise": _all(
        "NotApplicable",
        "mixed_ensembles four_level_laser open_levels displaced fixed_and_free three_ensembles three_alone two_in_cavity lone lone_qutrit",
    )
    | _all("UnsuitedModel", "crystal lower_spin fixed_beside_spin fixed_in_cavity"),
    "trajectories": _all(
        "UnsuitedModel",
        "two_ensembles charged_two_ensembles qutrits random_qutrits mixed_ensembles driven_lambda "
        "incoherent_lambda four_level_laser ladder_alone fixed_and_free synchronisation three_ensembles "
        "three_alone two_in_cavity negative lone_qutrit",
    ),
    "bounds": _all("NotApplicable", "two_photons"),
    "comparison": _all("InputError", "lower_spin fixed_beside_spin fixed_in_cavity"),
    "state_to_qutip": _all("InputError", "displaced"),
}
"""Capability -> name of a model -> name of the error."""

_OF_SEVERAL_SITES = {
    "UnsuitedModel": "twa linear_noise trajectories bounds",
}
for _error, _capabilities in _OF_SEVERAL_SITES.items():
    for _capability in _capabilities.split():
        REFUSALS[_capability] = REFUSALS.get(_capability, {}) | _all(_error, "two_modes mode_and_spin")

UNTRIED: dict[str, dict[str, str]] = {
    "trajectories": {"cubic": "its field grows without bound", "squeezed_cavity": "trajectories do not cut the mode as the oracle does"},
    "cumulants_3": {"three_alone": "takes more than a minute"},
    "bounds": {"driven_lambda": "takes half a minute"},
}
"""The same, why not."""
