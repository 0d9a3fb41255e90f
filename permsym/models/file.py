"""Model files: a model written down as TOML, with expressions in its parameters.

    name = "two-photon-loss"            # optional
    [parameters]                        # with defaults; "" marks one without, which needs a value
    N = ""
    g = 0.5
    [centre]
    kind = "spin"                       # or kind = "levels", levels = 3; kind = "boson" (levels = 20, or "auto"); kind = "none"
                                        # several sites: [[centre]] for each, with name = "x"; operators are a@x, z0@y
    [[ensembles]]                       # one at least
    name = "A"
    N = "N"                             # levels = 3 for more than two; j = "N/2" fixes the total spin of spins
    [[hamiltonian]]                     # coefficient * centre operator * product of ensemble sums
    coefficient = "g"                   # complex: "0.5i", "g*exp(1i*phi)"
    operator = "+0 -"
    [[jumps]]                           # kind: central, individual, collective
    kind = "individual"
    rate = "1/2"
    operator = "-"                      # or a sum: [{coefficient = 1, operator = "-"}, {coefficient = "0.2i", operator = "z"}]
    name = "loss"                       # optional; else its term is called ``L[-] individual``

Operators are spelled ``z0 +0 -0`` (``|i><j|0``; ``ad a`` for a boson) for the centre and ``z + -`` (or ``|i><j|``) for
the sum over an ensemble, ``z@B`` where there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import mul
from pathlib import Path
from typing import Any

from permsym import expressions
from permsym.errors import InputError
from permsym.fields import checked
from permsym.jumps import Jump
from permsym.model import Model, site_of
from permsym.models.operator_text import factors
from permsym.models.parameters import AUTO, Number, resolved
from permsym.operators import Operator, Product
from permsym.reading import LARGEST_TEXT, NotToml, parsed_toml, read_bytes
from permsym.several_sites import SeveralSites
from permsym.sites import Continuous, Ensemble, Site

_KEYS = {"name", "parameters", "centre", "ensembles", "hamiltonian", "jumps"}
_NUMBER = (float, str)
_SITE = {"kind": str, "levels?": _NUMBER}
_SUMMAND = {"coefficient": _NUMBER, "operator": str}
_SHAPE = {
    "name?": str,
    "parameters?": {str: _NUMBER},
    "centre": (_SITE, [_SITE | {"name": str}]),
    "ensembles": [{"N": _NUMBER, "name?": str, "levels?": int, "j?": _NUMBER, "symmetric?": bool}],
    "hamiltonian?": [_SUMMAND],
    "jumps?": [{"kind": str, "rate": _NUMBER, "operator": (str, [_SUMMAND]), "name?": str}],
}
"""What a model file says; more entries are allowed."""


def read_model_file(path: Path) -> tuple[Callable[..., Model], dict[str, Number | None]]:
    """The model function that a file defines, and its parameters with their defaults."""
    try:
        text = read_bytes(path, LARGEST_TEXT).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the model file {str(path)!r}: {getattr(error, 'strerror', None) or error}") from error
    return read_model_text(text, str(path))


def read_model_text(text: str, name: str) -> tuple[Callable[..., Model], dict[str, Number | None]]:
    """The model function in a file's text, and its parameters with their defaults.

    name   of the file, for messages; the text becomes the function's attribute ``text``
    """
    path = Path(name)
    try:
        data = parsed_toml(text)
    except NotToml as error:
        raise InputError(f"{path}{'' if error.line is None else f':{error.line}'}: not valid TOML: {error}") from error
    unknown = set(data) - _KEYS
    if unknown:
        raise InputError(f"{path}: unknown table {sorted(unknown)[0]!r}; a model file has {', '.join(sorted(_KEYS))}")
    try:
        checked(data, _SHAPE, "it")
    except InputError as error:
        raise InputError(f"{path}: an entry is missing or of the wrong kind ({error}); see the documentation of model files") from None
    defaults = {name: (None if value == "" else value) for name, value in data.get("parameters", {}).items()}

    def model(**parameters: Number) -> Model:
        try:
            return _model(data, parameters, path)
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path}: an entry is missing or of the wrong kind ({error!r}); see the documentation of model files"
            ) from error

    model.text = text  # type: ignore[attr-defined]
    return model, defaults


def _model(data: Mapping[str, Any], parameters: Mapping[str, Number], path: Path) -> Model:
    """The model of a file's tables; KeyError and the like where an entry is missing or of the wrong kind."""
    sizes = [name for name in parameters if any(str(ensemble["N"]) == name for ensemble in data["ensembles"])]
    values = resolved(parameters, counts=dict.fromkeys(sizes, 1))

    def number(entry: Any) -> float:
        return expressions.evaluate(entry, values) if isinstance(entry, str) else float(entry)

    def coefficient(entry: Any) -> complex:
        return expressions.evaluate_complex(entry, values) if isinstance(entry, str) else float(entry)

    def site(entry: Mapping[str, Any]) -> Site:
        levels = entry.get("levels")
        if isinstance(levels, str):
            levels = AUTO if AUTO in (levels, parameters.get(levels)) else number(levels)
        return site_of(entry["kind"], levels, entry.get("name", ""))

    try:
        centre = SeveralSites([site(each) for each in data["centre"]]) if isinstance(data["centre"], list) else site(data["centre"])
    except InputError as error:
        raise InputError(f"{path}: {error}", parameter=error.parameter) from None
    size = Continuous if any(isinstance(value, Continuous) for value in parameters.values()) else float
    ensembles = []
    for entry in data["ensembles"]:
        spin = number(entry["j"]) if "j" in entry else None
        ensembles.append(
            Ensemble(size(number(entry["N"])), entry.get("name", "A"), entry.get("levels", 2), spin, entry.get("symmetric", False))
        )
    hamiltonian = Operator()
    for term in data.get("hamiltonian", []):
        hamiltonian += coefficient(term["coefficient"]) * _operator(term["operator"], centre, ensembles, path)
    jumps = []
    for jump in data.get("jumps", []):
        if jump["kind"] not in ("central", "individual", "collective"):
            raise InputError(f"{path}: a jump's kind must be central, individual or collective, but is {jump['kind']!r}")
        operator = Operator()
        one = [{"coefficient": 1, "operator": jump["operator"]}]
        for part in one if isinstance(jump["operator"], str) else jump["operator"]:
            operator += coefficient(part["coefficient"]) * _operator(part["operator"], centre, ensembles, path)
        jumps.append(Jump(jump["kind"], number(jump["rate"]), operator, jump.get("name")))
    return Model(centre, ensembles, hamiltonian, jumps, name=data.get("name", path.stem), parameters=values)


def _operator(text: str, centre: Site, ensembles: list[Ensemble], path: Path) -> Operator:
    """The product of the operators that a text spells; "1" is the identity."""
    if text.strip() == "1":
        return Operator({Product(): 1})
    try:
        spelled = factors(text, centre, ensembles)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    one = next((factor for factor in spelled if factor.digit), None)
    if one is not None:
        raise InputError(f"{path}: operator {text!r} names one satellite; the operators of a model are sums over an ensemble, such as '-'")
    if not spelled:
        raise InputError(f"{path}: an operator is empty; write one such as '+0 -'")
    return reduce(mul, (factor.operator for factor in spelled))
