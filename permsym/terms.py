"""Terms of a Liouvillian, their names, and how a text chooses one.

    H[+0 -]                Hamiltonian terms, spelled with the operators of model files
    L[a] central           jumps with their kind; ``L[-] individual@B`` where there are several ensembles

A name may be cut to any part that is unique: ``a``, ``L[a]``, ``individual@B``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from permsym import spelling
from permsym.errors import InputError
from permsym.jumps import Jump
from permsym.operators import Matrix, Monomial, Operator, Product
from permsym.several_sites import on_each_site, sites_of_centre
from permsym.sites import Ensemble, Site


@dataclass(frozen=True)
class Term:
    """One summand of the Liouvillian: ``coefficient`` times a superoperator fixed by ``structure``.

    name        that of its jump, else how it is spelled
    kind        "hamiltonian": -i [P, rho] with one product P (a coefficient may be complex);
                else the kind of a jump, with its operator as products and numbers
    spelled     with the operators of model files, such as ``L[a] central``
    gain        of a jump, its x rho x^dag alone: :attr:`counted`
    """

    name: str = field(compare=False)
    kind: Literal["hamiltonian", "central", "individual", "collective"]
    structure: tuple[tuple[Product, complex], ...]
    coefficient: complex
    spelled: str = field(default="", compare=False)
    gain: bool = False

    @property
    def key(self) -> tuple[str, tuple[tuple[Product, complex], ...]]:
        """What the term's matrix depends on: everything but the coefficient."""
        return f"{self.kind} gain" if self.gain else self.kind, self.structure

    @property
    def counted(self) -> Term:
        """J rho = rate * x rho x^dag of a jump x, summed over satellites where it is individual; tr J rho is how often it happens."""
        if not self.jump:
            raise InputError(f"only a jump can be counted, but {self.name!r} is a term of the Hamiltonian")
        if self.coefficient.real < 0:
            raise InputError(f"the jump {self.name!r} has a negative rate, so that it does not happen by itself; count another one")
        return replace(self, gain=True)

    @property
    def jump(self) -> bool:
        """Whether it is a jump, not a term of the Hamiltonian."""
        return self.kind != "hamiltonian"

    def __str__(self) -> str:
        return self.spelled if self.name == self.spelled else f"{self.name}: {self.spelled}"


def terms_of(centre: Site, ensembles: Sequence[Ensemble], hamiltonian: Operator, jumps: Sequence[Jump]) -> tuple[Term, ...]:
    """Hamiltonian terms, then jumps.  Those that are spelled alike are numbered: ``L[-] individual (2)``."""
    terms = []
    for key, value in hamiltonian.terms.items():
        terms.append(Term("", "hamiltonian", ((key, 1 + 0j),), value, f"H[{spelled_product(key, centre, ensembles)}]"))
    for jump in jumps:
        spelled = _spelled_jump(jump, centre, ensembles)
        terms.append(Term(jump.name or "", jump.kind, tuple(jump.operator.terms.items()), complex(jump.rate), spelled))
    alike = Counter(term.spelled for term in terms)
    seen: Counter[str] = Counter()
    for position, term in enumerate(terms):
        seen[term.spelled] += 1
        spelled = f"{term.spelled} ({seen[term.spelled]})" if alike[term.spelled] > 1 else term.spelled
        terms[position] = replace(term, name=term.name or spelled, spelled=spelled)
    return tuple(terms)


def equation_of(terms: Sequence[Term]) -> str:
    """The terms with their coefficients, a line for the Hamiltonian and one for each jump.

    H = 0.5 [z0] + 0.75 [+0 -] + 0.75 [-0 +]
    + 1.5 L[+] individual
    """
    energies = [f"{spelling.coefficient(term.coefficient)} {term.spelled.removeprefix('H')}" for term in terms if not term.jump]
    jumps = [f"+ {term.coefficient.real:.6g} {term}" for term in terms if term.jump]
    return "\n".join([f"H = {spelling.total(energies)}", *(line.replace("+ -", "- ") for line in jumps)])


def _spelled_jump(jump: Jump, centre: Site, ensembles: Sequence[Ensemble]) -> str:
    names = {name for key in jump.operator.terms for name, _ in key.satellites}
    where = ""
    if jump.kind == "individual" and len(ensembles) > 1:  # the one ensemble stands beside the kind
        where = f"@{names.pop()}"
        ensembles = [ensemble for ensemble in ensembles if ensemble.name == where[1:]]
    words = []
    for key, value in jump.operator.terms.items():
        words.append(("" if value == 1 else f"{spelling.number(value)} ") + spelled_product(key, centre, ensembles))
    return f"L[{' + '.join(words)}] {jump.kind}{where}"


def spelled_product(key: Product, centre: Site, ensembles: Sequence[Ensemble], exact: bool = False) -> str:
    """A product as model files write it: ``+0 -`` for c.p * s.m, with ``@B`` where there are several ensembles.

    An operator without a letter is a sum in brackets: ``(0.5 |0><1| + |1><1|)``; ``exact``: with all digits.
    """
    words = []
    for site, one in zip(sites_of_centre(centre), on_each_site(centre, key.centre), strict=True):
        if isinstance(one, Monomial):
            words += [f"{letter}@{site.name}" if site.name else letter for letter in str(one).split()]
        elif one is not None:
            words.append(_matrix(one, site, f"0@{site.name}" if site.name else "0", exact))
    for name, matrix in key.satellites:
        ensemble = next((each for each in ensembles if each.name == name), None)
        words.append(_matrix(matrix, ensemble, f"@{name}" if ensemble is None or len(ensembles) > 1 else "", exact))
    return " ".join(words) or "1"


def _matrix(matrix: Matrix, site: Site | None, where: str, exact: bool) -> str:
    """One operator of one site; ``where``: what follows each letter."""
    return spelling.matrix(matrix, site is None or site.kind == "spin", where, exact)


def chosen(text: str, terms: Sequence[Term], what: str = "term", of: str = "the model") -> Term:
    """The term that a text names: whole, by the operator in its brackets, or by a part that no other has.

    what   a word for what ``terms`` are, and ``of`` for what has them: for messages

    InputError where several have the part (it lists them) and where none has (it lists what there is).
    """
    if not isinstance(text, str):
        raise InputError(f"a {what} is chosen by its name, a text such as {terms[0].name if terms else 'L[a] central'!r}, but is {text!r}")
    asked = _words(text) or [""]
    whole = [term for term in terms if any(asked == form for form in _forms(term))]
    inside = [term for term in terms if any(asked == _inside(form) for form in _forms(term))]
    parts = [term for term in terms if any(_contains(form, asked) for form in _forms(term))]
    candidates: list[Term] = next(filter(None, (whole, inside, parts)), [])
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise InputError(f"{text!r} may be {_listed(candidates)}; write more of the {what}'s name")
    raise InputError(f"no {what} of {of} is called {text!r}; there {f'is {_listed(terms)}' if terms else 'are none'}")


def _listed(terms: Sequence[Term]) -> str:
    return ", ".join(repr(str(term)) for term in terms)


def _words(text: str) -> list[str]:
    """A name in words; a bracket, a colon and an ensemble beside a kind are words of their own."""
    for mark in "[]:":
        text = text.replace(mark, f" {mark} ")
    words: list[str] = []
    for word in text.split():
        kind, _, ensemble = word.partition("@")
        words += [kind, f"@{ensemble}"] if ensemble and kind in ("individual", "central", "collective") else [word]
    return words


def _forms(term: Term) -> Iterator[list[str]]:
    """How a term may be written: its name, its spelling, both."""
    for form in dict.fromkeys((term.name, term.spelled, str(term))):
        yield _words(form)
    words = _words(term.spelled)
    if term.kind == "individual" and words[-1].startswith("@"):  # `L[-@B] individual`, as H[-@B] is spelled
        yield _words(term.spelled.replace("]", f"{words[-1]}]").removesuffix(words[-1]))


def _inside(form: list[str]) -> list[str]:
    return form[form.index("[") + 1 : form.index("]")] if "[" in form else []


def _contains(form: list[str], part: list[str]) -> bool:
    return bool(part) and any(form[start : start + len(part)] == part for start in range(len(form) - len(part) + 1))
