"""The equation of a model in LaTeX.

    H = sum of terms,      d rho/dt = -i [H, rho] + sum of  rate L[x]

A term and its adjoint are written together: c (X + X^dag), i c (X - X^dag), or c X + h.c.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from permsym.operators import Matrix, Monomial, Product, entries
from permsym.several_sites import on_each_site, sites_of_centre
from permsym.sites import Ensemble, Site
from permsym.spelling import LETTERS, latex_name, latex_number
from permsym.terms import Term

_INDICES = "nmkl"


class Writer:
    """LaTeX of the products of a model's sites."""

    def __init__(self, centre: Site, ensembles: Sequence[Ensemble]) -> None:
        self.centre, self.ensembles = centre, ensembles

    def product(self, key: Product, single: bool = False) -> tuple[str, str]:
        """The sums in front of a product, and the product.

        single   leave out the sum over the one satellite that an individual jump acts on
        """
        words = []
        for site, one in zip(sites_of_centre(self.centre), on_each_site(self.centre, key.centre), strict=True):
            if isinstance(one, Monomial):
                words.append(_ladders(one, f"_{{\\mathrm{{{site.name}}}}}" if site.name else ""))
            elif one is not None:
                words.append(_matrix(one, site.kind == "spin", f"\\mathrm{{{site.name}}}" if site.name else "0"))
        sums = []
        for position, (name, one) in enumerate(key.satellites):
            index = _INDICES[position] if position < len(_INDICES) else f"n_{{{position}}}"
            ensemble = next(each for each in self.ensembles if each.name == name)
            words.append(_matrix(one, ensemble.kind == "spin", index))
            sums.append(index + (f" \\in \\mathrm{{{name}}}" if len(self.ensembles) > 1 else ""))
        prefix = "" if single else "".join(f"\\sum_{{{each}}} " for each in sums)
        return prefix, " ".join(words) or "1"

    def hamiltonian(self, terms: Mapping[Product, complex]) -> str:
        """H, every pair of adjoint terms as one."""
        parts, written = [], set()
        for key, value in terms.items():
            if key in written:
                continue
            written |= {key, key.adjoint}
            sums, body = self.product(key)
            other = terms.get(key.adjoint) if key.adjoint != key else None
            others, mirrored = self.product(key.adjoint)
            if other is None or other != value.conjugate():
                written -= {key.adjoint} if key.adjoint != key else set()
                parts.append(f"{_factor(value)}{sums}{body}")
            elif not value.imag and sums == others:
                parts.append(f"{_factor(value)}{sums}\\left({body} + {mirrored}\\right)")
            elif not value.real and sums == others:
                parts.append(f"{_factor(value)}{sums}\\left({body} - {mirrored}\\right)")
            else:
                parts.append(f"\\left({_factor(value)}{sums}{body} + \\mathrm{{h.c.}}\\right)")
        return _sum(parts)

    def jump(self, term: Term) -> str:
        """rate L[x] of a jump, summed over satellites where it is individual."""
        single = term.kind == "individual"
        parts = []
        for key, value in term.structure:
            sums, body = self.product(key, single)
            parts.append(f"{_factor(value)}{sums}{body}")
        outside = self.product(term.structure[0][0])[0] if single else ""
        return f"{_factor(term.coefficient)}{outside}\\mathcal{{L}}\\left[{_sum(parts)}\\right]"


def equation(centre: Site, ensembles: Sequence[Ensemble], terms: Sequence[Term], parameters: Mapping[str, float | str]) -> str:
    """H, d rho/dt and the parameters, a line each, as an ``aligned`` block."""
    writer = Writer(centre, ensembles)
    energies = {term.structure[0][0]: term.coefficient for term in terms if not term.jump}
    flow = _sum(["-i\\left[H, \\rho\\right]", *(writer.jump(term) for term in terms if term.jump)])
    sizes = {"N": ensembles[0].size} if len(ensembles) == 1 else {f"N_{each.name}": each.size for each in ensembles}
    values = [(name, value) for name, value in {**sizes, **parameters}.items() if not isinstance(value, str)]
    numbers = ",\\; ".join(f"{latex_name(name)} = {latex_number(value)}" for name, value in values)
    lines = [f"H &= {writer.hamiltonian(energies)}", f"\\dot\\rho &= {flow}", f"&\\quad {numbers}"]
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def _factor(value: complex) -> str:
    """A coefficient in front of an operator; 1 is left out."""
    if value.real and value.imag:
        return f"({latex_number(value.real)} {'-' if value.imag < 0 else '+'} {latex_number(abs(value.imag))} i) "
    size = latex_number(value.imag or value.real)
    plain = {"1": "", "-1": "-"}.get(size, f"{size}\\, ")
    return plain if not value.imag else f"{plain.removesuffix(chr(92) + ', ')} i\\, " if plain not in ("", "-") else f"{plain}i\\, "


def _sum(parts: Iterable[str]) -> str:
    return " + ".join(parts).replace("+ -", "- ") or "0"


def _ladders(one: Monomial, where: str) -> str:
    """a^dag^p a^q of the mode at ``where``."""
    up = "" if not one.p else f"a{where}^{{\\dagger{f' {one.p}' if one.p > 1 else ''}}}"
    down = "" if not one.q else f"a{where}" + (f"^{{{one.q}}}" if one.q > 1 else "")
    return " ".join(filter(None, (up, down)))


def _matrix(matrix: Matrix, spin: bool, where: str) -> str:
    """One operator of the site ``where``: a Pauli matrix, or a sum of matrix units."""
    if spin and matrix in LETTERS:
        return f"\\sigma_{{{where}}}^{{{LETTERS[matrix]}}}"
    units = [f"{_factor(value)}|{i}\\rangle\\langle {j}|_{{{where}}}" for i, j, value in entries(matrix)]
    return units[0] if len(units) == 1 and units[0].startswith("|") else f"\\left({_sum(units)}\\right)"
