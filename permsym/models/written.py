"""A model as the text of a model file, with its numbers; and back."""

from __future__ import annotations

import json
from collections.abc import Iterator

from permsym.errors import InputError
from permsym.model import Model
from permsym.models.registry import ModelSource
from permsym.operators import Operator
from permsym.sites import Boson, Continuous, Ensemble, Site
from permsym.spelling import number
from permsym.terms import spelled_product


def from_toml(text: str, **parameters: float | str) -> Model:
    """The model that the text of a model file describes, with these parameters and the file's defaults of the others.

    InputError for what is not such a text; of a file by its name, ``permsym.models.lookup(path)`` says more.
    """
    from permsym.models.file import read_model_text

    function, defaults = read_model_text(text, "model.toml")
    return ModelSource("model.toml", function, defaults).model(parameters)


def to_toml(model: Model) -> str:
    """The text of a model file that describes this model: :func:`from_toml` gives an equal one, to the last bit of its numbers.

    Coefficients are numbers: how they follow from parameters is the business of the function that made the model.  InputError for a
    displaced mode and for a real N, which model files do not have.

    >>> from permsym.models import central_spin
    >>> from_toml(to_toml(central_spin(N=16))) == central_spin(N=16)
    True
    """
    several = len(model.centre_sites) > 1
    lines = [f"name = {json.dumps(model.name)}", "", "[parameters]"]
    lines += [f"{json.dumps(name)} = {_value(value)}" for name, value in model.parameters.items()]
    for site in model.centre_sites:
        lines += ["", "[[centre]]" if several else "[centre]", *_site(site)]
    for ensemble in model.ensembles:
        lines += ["", "[[ensembles]]", *_ensemble(ensemble)]
    for spelled, value in _products(model, model.hamiltonian):
        lines += ["", "[[hamiltonian]]", f"coefficient = {value}", f"operator = {spelled}"]
    for jump in model.jumps:
        lines += ["", "[[jumps]]", f'kind = "{jump.kind}"', f"rate = {float(jump.rate)!r}"]
        lines += [f"operator = {_sum(list(_products(model, jump.operator)))}"]
        lines += [f"name = {json.dumps(jump.name)}"] if jump.name else []
    return "\n".join(lines) + "\n"


def _site(site: Site) -> Iterator[str]:
    if isinstance(site, Boson) and site.displacement:
        raise InputError("a model file has plain Fock states, but this mode is displaced; write the model before displaced()")
    yield f'kind = "{site.kind}"'
    if site.kind in ("boson", "levels"):
        yield f"levels = {site.levels}" if site.levels else 'levels = "auto"'
    if site.name:
        yield f"name = {json.dumps(site.name)}"


def _ensemble(ensemble: Ensemble) -> Iterator[str]:
    if isinstance(ensemble.size, Continuous):
        raise InputError(f"a model file has whole numbers of satellites, but ensemble {ensemble.name!r} has N={ensemble.size:g}")
    yield f"name = {json.dumps(ensemble.name)}"
    yield f"N = {ensemble.size}"
    yield f"levels = {ensemble.levels}"
    if ensemble.j is not None:
        yield f"j = {float(ensemble.j)!r}"
    if ensemble.symmetric:
        yield "symmetric = true"


def _products(model: Model, operator: Operator) -> Iterator[tuple[str, str]]:
    """Spelling and coefficient of each product, as TOML."""
    for key, value in operator.terms.items():
        spelled = spelled_product(key, model.centre, model.ensembles, exact=True)
        yield json.dumps(spelled), json.dumps(number(value, exact=True)) if value.imag else repr(value.real)


def _sum(products: list[tuple[str, str]]) -> str:
    """The operator of a jump: a word where it is one product."""
    if len(products) == 1 and products[0][1] == "1.0":
        return products[0][0]
    return "[" + ", ".join(f"{{coefficient = {value}, operator = {spelled}}}" for spelled, value in products) + "]"


def _value(value: float | str) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(int(value) if isinstance(value, int) else float(value))
