"""A many-to-one Lindblad model as data.  Long because every view of it is derived here: terms, charges, scaled copies, files.

    d rho/dt = -i [H, rho] + sum over jumps of  rate * L[x] rho,      L[x] rho = x rho x^dag - {x^dag x, rho}/2

Jumps come in three kinds: ``Central(rate, C)``, ``Individual(rate, S)`` = sum_n L[S_n] (also ``C * S``: sum_n L[C (x) S_n])
and ``Collective(rate, S)`` = L[sum_n S_n].  Every view of the system (compressed Liouvillians, brute force, mean field)
is derived from this, and from nothing else.
"""

from __future__ import annotations

import hashlib
import inspect
import itertools
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from permsym import latex
from permsym.errors import InputError
from permsym.fields import WrongField, checked
from permsym.jumps import Jump, individual_adjoint
from permsym.kossakowski import check_rates
from permsym.operators import (
    CentreOperator,
    Matrix,
    Monomial,
    OnSites,
    Operator,
    Product,
    SiteOperator,
    as_matrix,
    commutator,
    dense,
    entries,
    unnamed,
)
from permsym.several_sites import SeveralSites, modes_of_centre, on_each_site, sites_of_centre
from permsym.sites import Boson, Ensemble, Levels, NoCentre, Site, Spin
from permsym.symmetry.classes import Symmetry
from permsym.terms import Term, chosen, equation_of, spelled_product, terms_of

if TYPE_CHECKING:
    import qutip

UNNAMED = "user-defined"
_HERMITIAN = 1e-14  # of the largest coefficient: what rounding makes of a hermitian Hamiltonian


_WRITTEN = {
    "name": str,
    "centre": ({"kind": str, "levels": (int, str)}, [{"kind": str, "levels": (int, str), "name": str}]),
    "ensembles": [{"name": str, "N": float, "levels": int, "j?": float, "symmetric?": bool}],
    "hamiltonian": [dict],
    "jumps": [{"kind": str, "rate": float, "operator": [dict], "name?": str}],
}
"""What :meth:`Model.to_dict` writes."""


class Model:
    """A centre, ensembles of identical satellites, Hamiltonian and jumps.

    centre       Spin(), Levels(d) or Boson(levels); None: satellites alone; a list of such sites with names: several
    ensembles    one Ensemble or a sequence of them, with different names
    hamiltonian  hermitian Operator
    jumps        Central, Individual and Collective jumps
    name         for reports and files
    parameters   the numbers that it was made from
    family       the function that made it from them, where it came from a file or another function by name; not pickled

    >>> from permsym.jumps import Individual
    >>> c, s = Spin(), Ensemble(5)
    >>> model = Model(c, s, hamiltonian=0.5 * (c.p * s.m + c.m * s.p), jumps=[Individual(1.0, s.m)])
    >>> model.sizes
    (5,)
    """

    def __new__(cls, *arguments: object, **_: object) -> Model:
        """What Python would refuse with a TypeError: ensembles or jumps one by one instead of in lists."""
        if any(isinstance(each, Ensemble) for each in arguments[2:]):
            raise InputError("several ensembles are one list: Model(centre, [A, B], hamiltonian, jumps)")
        if len(arguments) > 4:
            raise InputError("several jumps are one list: Model(centre, ensembles, hamiltonian, [jump, jump])")
        return super().__new__(cls)

    def __init__(
        self,
        centre: Site | Sequence[Site] | None,
        ensembles: Ensemble | Sequence[Ensemble],
        hamiltonian: Operator,
        jumps: Sequence[Jump] = (),
        *,
        name: str = UNNAMED,
        parameters: Mapping[str, float] | None = None,
    ) -> None:
        if not isinstance(hamiltonian, Operator):
            raise InputError(f"the Hamiltonian must be an operator such as 0.5 * c.z, but is {hamiltonian!r}")
        if isinstance(jumps, Jump) or not all(isinstance(jump, Jump) for jump in jumps):
            raise InputError(f"`jumps` must be a list of Central, Individual and Collective jumps, but is {jumps!r}")
        self.centre = _centre(centre)
        if own := getattr(self.centre, "alias", ""):
            hamiltonian, jumps = unnamed(hamiltonian, own), [replace(jump, operator=unnamed(jump.operator, own)) for jump in jumps]
        self.ensembles: tuple[Ensemble, ...] = (ensembles,) if isinstance(ensembles, Ensemble) else tuple(ensembles)
        self.hamiltonian = _without_rounding(hamiltonian)
        self.jumps: tuple[Jump, ...] = tuple(jump for jump in jumps if jump.rate != 0 and jump.operator)
        self.name = name
        self.parameters: dict[str, float] = dict(parameters or {})
        self.family: Callable[..., Model] | None = None
        self._check()

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the function, which may be one that no file can hold."""
        return {**self.__dict__, "family": None}

    def _check(self) -> None:
        if isinstance(self.centre, Ensemble) or not isinstance(self.centre, Site):
            raise InputError(f"the centre must be a site such as Spin() or Levels(3), or None, but is {self.centre!r}")
        if not self.ensembles or not all(isinstance(each, Ensemble) for each in self.ensembles):
            raise InputError("a model needs at least one Ensemble of satellites")
        if alike := [name for name, count in Counter(jump.name for jump in self.jumps if jump.name).items() if count > 1]:
            raise InputError(f"jumps need different names, but several are called {alike[0]!r}; give them other names, or none")
        names = [each.name for each in self.ensembles]
        if len(set(names)) < len(names):
            raise InputError(f"ensembles need different names, but are called {', '.join(names)}; use Ensemble(N, name='B')")
        if shared := {site.name for site in self.centre_sites} & set(names):
            raise InputError(f"a site of the centre and an ensemble are both called {min(shared)!r}; use another name")
        for operator in (self.hamiltonian, *(jump.operator for jump in self.jumps)):
            self.check(operator)
        for term in self.terms:
            name = term.structure[0][0].satellites[0][0] if term.kind == "individual" else None
            if name is not None and (fixed := self.ensembles[self.ensemble(name)]).fixed:
                what, word = ("the symmetry", "symmetric") if fixed.symmetric else ("the total spin", "j")
                raise InputError(
                    f"the jump {term} changes {what} of ensemble {name!r}, which {word} fixes; "
                    f"leave {word} out, or make the jump Collective"
                )
        check_rates(self.jumps, self.ensembles)
        # An operator is hermitian for all N if it is for as many satellites as a product has collective factors.
        deepest = max((len(key.satellites) for key in self.hamiltonian.terms), default=1)
        few = [(each.name, each.levels, min(math.ceil(each.size), max(deepest, 1))) for each in self.ensembles]
        defect = self.hamiltonian - self.hamiltonian.dag()
        scale = max((abs(value) for value in self.hamiltonian.terms.values()), default=0.0)
        if (
            any(abs(value) > _HERMITIAN * scale for value in defect.terms.values())
            and np.abs(dense(defect, self._enough_levels(defect), few)).max() > _HERMITIAN * scale
        ):
            raise InputError("the Hamiltonian is not hermitian; add the conjugate terms, as in g * (c.p * s.m + c.m * s.p)")

    def _enough_levels(self, operator: Operator) -> list[tuple[str, int]]:
        """Name and levels of each site of the centre on which an operator vanishes only if it is zero."""
        enough = [1 if isinstance(site, Boson) else site.levels for site in self.centre_sites]
        for key in operator.terms:
            for position, one in enumerate(self.on_centre_sites(key)):
                if isinstance(one, Monomial):
                    enough[position] = max(enough[position], max(one) + 1)
        return [(site.name, levels) for site, levels in zip(self.centre_sites, enough, strict=True)]

    def own(self, operator: Operator) -> Operator:
        """An operator of this model's sites as its terms have it: without the name of a lone site; InputError where it is of others."""
        operator = unnamed(operator, self.centre.alias) if self.centre.alias else operator
        self.check(operator)
        return operator

    def check(self, operator: Operator) -> None:
        """Refuse an operator that does not act on this model's sites."""
        levels = {each.name: each.levels for each in self.ensembles}
        for key, value in operator.terms.items():
            if not np.isfinite(value):
                raise InputError(f"a coefficient of {self.spell(key)} must be finite, but is {value!r}")
            self._check_centre(key)
            for ensemble, matrix in key.satellites:
                if len(matrix) != self.ensembles[self.ensemble(ensemble)].levels:
                    raise InputError(f"an operator with {len(matrix)} levels acts on ensemble {ensemble!r}, which has {levels[ensemble]}")

    def _check_centre(self, key: Product) -> None:
        """The same of its operator of the centre."""
        if isinstance(key.centre, OnSites):
            for name, _ in key.centre.factors:
                if not isinstance(self.centre, SeveralSites):
                    raise InputError(f"an operator acts on a site called {name!r}, but the centre is {self.centre!r}, which needs no name")
                self.centre.position(name)
        for site, one in zip(self.centre_sites, self.on_centre_sites(key), strict=True):
            if one is not None and isinstance(one, Monomial) != isinstance(site, Boson):
                raise InputError(f"the operator {self.spell(key)} does not act on {site!r}; a and ad belong to Boson(), matrices do not")
            if not isinstance(one, Monomial | None) and len(one) != site.levels:
                raise InputError(f"an operator of a {len(one)}-level centre cannot act on {site!r}")

    @cached_property
    def centre_sites(self) -> tuple[Site, ...]:
        """The sites of the centre: itself, unless it is of several."""
        return sites_of_centre(self.centre)

    @property
    def sites(self) -> tuple[Site, ...]:
        """The sites of the centre, then the ensembles: the order of charges and of the parts of a basis."""
        return (*self.centre_sites, *self.ensembles)

    def on_centre_sites(self, key: Product) -> tuple[SiteOperator | None, ...]:
        """A product's operator of each site of the centre; None is the identity."""
        return on_each_site(self.centre, key.centre)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of satellites of each ensemble; InputError where one is real."""
        return tuple(each.N for each in self.ensembles)

    def ensemble(self, name: str) -> int:
        """Position of an ensemble by its name."""
        for position, each in enumerate(self.ensembles):
            if each.name == name:
                return position
        raise InputError(f"there is no ensemble {name!r}; the model has {', '.join(each.name for each in self.ensembles)}")

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The Liouvillian as a sum of named terms: those of the Hamiltonian, then jumps."""
        return terms_of(self.centre, self.ensembles, self.hamiltonian, self.jumps)

    @property
    def equation(self) -> str:
        """The equation in words of model files, with its numbers: a line for H, one for each jump with its rate.

        >>> from permsym.models import central_spin
        >>> print(central_spin(N=16).equation)
        H = 0.5 [z0] + 0.5 [z] + 0.75 [+0 -] + 0.75 [-0 +]
        + 1 L[-0] central
        + 1.5 L[+] individual
        + 0.5 L[-] individual
        """
        return equation_of(self.terms)

    def term(self, name: str) -> Term:
        """The term of a name, or of any part of it that no other has: ``H[+0 -]``, ``L[a]``, ``loss``.  InputError lists candidates.

        >>> from permsym.models import central_spin
        >>> central_spin(N=3).term("-0").name
        'L[-0] central'
        """
        return chosen(name, self.terms, of=self.name)

    def jump(self, name: str) -> Term:
        """The same among jumps alone."""
        return chosen(name, [term for term in self.terms if term.jump], "jump", self.name)

    def spell(self, key: Product) -> str:
        """A product as model files write it: ``+0 -`` for c.p * s.m."""
        return spelled_product(key, self.centre, self.ensembles)

    # -- symmetry -------------------------------------------------------------------------------------------------------

    @cached_property
    def charges(self) -> tuple[tuple[int, ...], ...]:
        """Independent weak U(1) symmetries, found from the terms.

        Each is a vector w of integers over :attr:`sites`: the Liouvillian conserves
        sum_i w_i (ket excitations - bra excitations) of site kind i.  Central spin: ((1, 1),).
        """
        none = [(1,) + (0,) * len(self.ensembles)] if isinstance(self.centre, NoCentre) else []  # nothing that could be conserved
        return integer_nullspace([*none, *self._turns], len(self.sites))

    @cached_property
    def symmetry(self) -> Symmetry:
        """What the terms conserve beside the populations: coherences that never appear, U(1) charges, charges modulo k; prints in words."""
        return Symmetry.of(self)

    def charges_of(self, operator: Operator) -> set[tuple[int, ...]]:
        """What terms of an operator add to each U(1) charge: -1 for ``a``, 0 for what conserves it."""
        shifts = {shift for key, value in self.own(operator).terms.items() if value != 0 for shift in self._shifts(key)}
        return {tuple(sum(w * q for w, q in zip(charge, shift, strict=True)) for charge in self.charges) for shift in shifts}

    @cached_property
    def _turns(self) -> tuple[tuple[int, ...], ...]:
        """Changes of ket minus bra excitations of each site (centre, ensembles...) that single terms make."""
        turns: list[tuple[int, ...]] = []
        for key in self.hamiltonian.terms:
            turns += self._shifts(key)
        for jump in self.jumps:
            shifts = [shift for key in jump.operator.terms for shift in self._shifts(key)]
            turns += [tuple(a - b for a, b in zip(shift, shifts[0], strict=True)) for shift in shifts[1:]]
        return tuple(turns)

    @cached_property
    def centre_turn(self) -> int:
        """The smallest change of ket minus bra excitations that terms can make of the centre alone; 0: none.

        Coherences of the steady state between levels n and n' of the centre, other sites alike, have multiples of it as n - n'.
        """
        return self.turn_of(0)

    def turn_of(self, position: int) -> int:
        """The same of one site of the centre."""
        rows = [(*turn[:position], *turn[position + 1 :], turn[position]) for turn in self._turns]
        for column in range(len(self.sites) - 1):  # Euclid's algorithm, until one row has the other site
            while len(some := [row for row in rows if row[column]]) > 1:
                least = min(some, key=lambda row: abs(row[column]))
                rows = [
                    row if row is least else tuple(a - row[column] // least[column] * b for a, b in zip(row, least, strict=True))
                    for row in rows
                ]
            rows = [row for row in rows if not row[column]]
        return math.gcd(*(row[-1] for row in rows))

    def _shifts(self, key: Product) -> list[tuple[int, ...]]:
        """Changes of excitations (centre, ensembles...) that a product can make; none at all is that of a constant, too."""
        sites = self.sites
        kinds = len(sites)
        options: list[set[tuple[int, ...]]] = [{(0,) * kinds}]
        factors: list[tuple[int, Matrix]] = []
        for position, one in enumerate(self.on_centre_sites(key)):
            if isinstance(one, Monomial):
                options.append({tuple(one.p - one.q if i == position else 0 for i in range(kinds))})
            elif one is not None:
                factors.append((position, one))
        factors += [(len(self.centre_sites) + self.ensemble(name), matrix) for name, matrix in key.satellites]
        for kind, matrix in factors:
            q = sites[kind].excitations
            steps = {q[row] - q[column] for row, column, _ in entries(matrix)}
            options.append({tuple(step if i == kind else 0 for i in range(kinds)) for step in steps})
        return sorted({tuple(map(sum, zip(*combination, strict=True))) for combination in itertools.product(*options)})

    # -- QuTiP ----------------------------------------------------------------------------------------------------------

    @classmethod
    def from_qutip(  # the ways to read what a matrix leaves open
        cls,
        H: qutip.Qobj,
        c_ops: Sequence[qutip.Qobj] = (),
        centre: bool | Sequence[str] = True,
        *,
        ensembles: Sequence[int] | None = None,
        mode: bool | None = None,
        lone: Literal["individual", "collective"] | None = None,
        symmetric: bool = False,
        name: str = UNNAMED,
    ) -> Model:
        """The model of a QuTiP script with few satellites; :meth:`resized` has more.

        H, c_ops    operators of the product space, as for ``mesolve``: rates are inside c_ops.  Satellites must be alike
        centre      whether the first site is the centre; names of the first sites where the centre has several, such as ["x", "y"]
        ensembles   numbers of satellites, such as [2, 1]; by default neighbours with as many levels belong together
        mode        whether the centre is a mode, or each of its sites; by default where all matrices are polynomials in a and ad, and
                    some change n
        lone        "individual" or "collective": what jumps on an ensemble's only satellite are, which its matrices do not tell
        symmetric   satellites stay in states that no exchange changes, j = N/2: of ensembles without individual jumps
        name        for reports and files

        Every c_op x stands for x = c + x', whose number c moves into H: (i/2) (c^* x' - c x'^dag).  Jumps are read off their matrix
        of rates A delta_nm + C: eigenvectors of A are individual, those of C collective.  Two matrices of different N tell how
        coefficients depend on N, one does not: :meth:`resized` leaves them.

        Raises InputError where satellites differ (it says in what), where a term acts on three of them, where functions of time
        come in, and TooLarge beyond 1024 states.
        """
        from permsym.translation import from_qutip

        if not isinstance(centre, bool | np.bool_ | list | tuple):
            message = f"`centre` must be True, False or a list of names such as ['x', 'y'], but is {centre!r}"
            raise InputError(message, parameter="centre")
        names = tuple(centre) if isinstance(centre, list | tuple) else bool(centre)
        parts = from_qutip.parts_of(H, c_ops, from_qutip.Reading(names, ensembles, mode, lone, symmetric))
        return cls(parts.centre, parts.ensembles, parts.hamiltonian, parts.jumps, name=name)

    @classmethod
    def from_piqs(cls, dicke: Any, *, symmetric: bool = False, name: str = UNNAMED) -> Model:
        """The model of a ``qutip.piqs.Dicke``: satellites alone.

        piqs dephases with sigma^z/2, so that rates of L[sigma^z] are a quarter of its own; its other rates are the same.  Its
        Hamiltonian is read as a combination of 1, Jz, J+, J-, Jz^2, J+^2, J-^2, J+J-, Jz J+ and Jz J-; InputError for others.
        """
        from permsym.translation import piqs

        parts = piqs.parts_of(dicke, symmetric)
        return cls(parts.centre, parts.ensembles, parts.hamiltonian, parts.jumps, name=name)

    def to_qutip(self) -> tuple[qutip.Qobj, list[qutip.Qobj]]:
        """H and the collapse operators for ``mesolve`` and ``steadystate``: every satellite on its own, rates inside.

        Sites: the centre, then the satellites, ensemble after ensemble; level 0 (up) first on each.  A fixed total spin is not part
        of them: it is a choice of states.  Negative collective rates become positive ones of other operators.

        Raises InputError where the number of Fock states is open, TooLarge beyond 16,384 states.
        """
        from permsym.translation import to_qutip

        return to_qutip.written(self.centre, self.ensembles, self.hamiltonian, self.jumps)

    def resized(self, N: float | None = None, **sizes: float) -> Model:
        """The same model with other numbers of satellites: ``resized(1000)``, or ``resized(A=100, B=50)`` by ensemble.

        Coefficients and rates stay: a coupling that falls as 1/sqrt(N) is the business of the model's function, or of
        :meth:`rescaled`.  A fixed total spin keeps its part of N/2.  Parameters are left out: they belong to the old size.

        >>> from permsym.models import central_spin
        >>> central_spin(N=3).resized(1000).sizes
        (1000,)
        """
        if N is not None:
            if sizes or len(self.ensembles) > 1:
                names = ", ".join(f"{each.name}={N}" for each in self.ensembles)
                raise InputError(f"one number sizes one ensemble; write resized({names})")
            sizes = {self.ensembles[0].name: N}
        for ensemble in sizes:
            self.ensemble(ensemble)
        ensembles = [each.resized(sizes[each.name]) if each.name in sizes else each for each in self.ensembles]
        return Model(self.centre, ensembles, self.hamiltonian, self.jumps, name=self.name)

    # -- views of the model ---------------------------------------------------------------------------------------------

    def rescaled(self, factor: float) -> Model:
        """The same model with ``round(factor * N)`` satellites and the same intensive (mean-field) physics.

        Terms are multiplied so that H and all jump fluxes stay extensive: a product with M collective factors by
        f^(1-M), a collective jump by f^(1-2M), individual processes not at all; an operator a or ad of a boson, of size
        N^(1/2), counts as half a collective factor.  Then ln P of the steady state scales as N (large deviations), and
        a small model predicts the support of a large one.
        """

        def quanta(key: Product) -> float:
            return sum(sum(one) / 2 for one in self.on_centre_sites(key) if isinstance(one, Monomial))

        ensembles = tuple(each.resized(max(1, round(each.N * factor))) for each in self.ensembles)
        hamiltonian = Operator(
            {key: value * factor ** (1 - len(key.satellites) - quanta(key)) for key, value in self.hamiltonian.terms.items()}
        )
        jumps = []
        for jump in self.jumps:
            individual = jump.kind == "individual"
            deepest = max(quanta(key) + (0 if individual else len(key.satellites)) for key in jump.operator.terms)
            power = (0 if individual else 1) - 2 * deepest
            grown = max(b.size / a.size for a, b in zip(self.ensembles, ensembles, strict=True)) if jump.rate < 0 else factor
            jumps.append(replace(jump, rate=jump.rate * grown**power))  # rounded sizes must leave g + N h >= 0
        return Model(self.centre, ensembles, hamiltonian, jumps, name=self.name)

    def with_levels(self, levels: int | None = None, /, **modes: int) -> Model:
        """The same model with its boson cut to the Fock states 0..levels-1; of several modes each: ``with_levels(x=8, y=6)``."""
        if not isinstance(self.centre, SeveralSites):
            if not isinstance(self.centre, Boson) or levels is None or modes:
                raise InputError(f"only a boson has a cut-off, as in with_levels(20), but the centre is {self.centre!r}")
            parameters = {**self.parameters, "levels": levels}
            centre = self.centre.with_levels(levels)
            return Model(centre, self.ensembles, self.hamiltonian, self.jumps, name=self.name, parameters=parameters)
        if levels is not None:
            modes = {site.name: levels for _, site in modes_of_centre(self.centre)} | modes
        for name in modes:
            if not isinstance(self.centre.sites[self.centre.position(name)], Boson):
                raise InputError(f"only a mode has a cut-off, but {name!r} is {self.centre.sites[self.centre.position(name)]!r}")
        sites: list[Site] = list(self.centre.sites)
        for position, mode in modes_of_centre(self.centre):
            sites[position] = mode.with_levels(modes.get(mode.name, mode.levels or None))
        return Model(sites, self.ensembles, self.hamiltonian, self.jumps, name=self.name, parameters=self.parameters)

    def with_more_levels(self, more: Mapping[int, int]) -> Model:
        """The same model with so many Fock states more of each mode, by its position among the sites of the centre."""
        levels = {site.name: site.levels + more[position] for position, site in modes_of_centre(self.centre) if more.get(position)}
        if not levels:
            return self
        return self.with_levels(**levels) if isinstance(self.centre, SeveralSites) else self.with_levels(levels[""])

    def displaced(self, alpha: complex) -> Model:
        """The same model on the displaced Fock states D(alpha) \\|n> of its boson.

        In the Liouvillian a becomes alpha + a, exactly.  Moments, photon numbers and reduced states mean what they did.  A field
        near alpha takes fewer levels.
        """
        if not isinstance(self.centre, Boson):
            raise InputError(f"only a boson can be displaced, but the centre is {self.centre!r}")
        if alpha and any(charge[0] for charge in self.charges):
            raise InputError("a displacement would break this model's U(1) symmetry, whose states have no amplitude; leave it out")
        centre = self.centre.displaced(alpha)
        return Model(centre, self.ensembles, self.hamiltonian, self.jumps, name=self.name, parameters=self.parameters)

    def heisenberg(self, observable: Operator) -> Operator:
        """d<O>/dt = <result> for a one-body observable O: operators of the centre or of one ensemble.

        i [H, O] + sum over jumps rate * (x^dag O x - {x^dag x, O}/2); an individual jump changes a one-body
        operator only on its own satellite.
        """
        observable = self.own(observable)
        if any(len(key.satellites) + (key.centre is not None) > 1 for key in observable.terms):
            raise InputError("heisenberg takes one-body observables; write products as moments instead")
        result = commutator(self.hamiltonian, observable) * 1j
        for jump in self.jumps:
            if jump.kind == "individual":
                for key, value in observable.terms.items():
                    result += individual_adjoint(jump, key) * (value * jump.rate)
            else:
                # x^dag O x - {x^dag x, O}/2 = ( x^dag [O, x] + [x^dag, O] x ) / 2
                x, y = jump.operator, jump.operator.dag()
                result += (commutator(y, observable) * x - y * commutator(x, observable)) * (0.5 * jump.rate)
        return Operator({key: value for key, value in result.terms.items() if value != 0})

    # -- data -----------------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Everything that defines the model, as JSON-ready data; :meth:`from_dict` is its inverse."""
        return {
            "name": self.name,
            "parameters": self.parameters,
            "centre": _centre_data(self.centre),
            "ensembles": [
                {"name": each.name, "N": each.size, "levels": each.levels}
                | ({} if each.j is None else {"j": each.j})
                | ({"symmetric": True} if each.symmetric else {})
                for each in self.ensembles
            ],
            "hamiltonian": list(self._operator_data(self.hamiltonian)),
            "jumps": [
                {"kind": jump.kind, "rate": float(jump.rate), "operator": list(self._operator_data(jump.operator))}
                | ({"name": jump.name} if jump.name else {})
                for jump in self.jumps
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Model:
        """The model that :meth:`to_dict` wrote."""
        try:
            checked(data, _WRITTEN, "it")
            one = not isinstance(data["centre"], list)
            centre = _site_from(data["centre"]) if one else [_site_from(each) for each in data["centre"]]
            ensembles = [
                Ensemble(each["N"], each["name"], each["levels"], each.get("j"), each.get("symmetric", False)) for each in data["ensembles"]
            ]
            jumps = [Jump(each["kind"], each["rate"], _operator_from(each["operator"]), each.get("name")) for each in data["jumps"]]
            hamiltonian = _operator_from(data["hamiltonian"])
            return cls(centre, ensembles, hamiltonian, jumps, name=data["name"], parameters=data.get("parameters"))
        except (KeyError, TypeError, IndexError, AttributeError, WrongField) as error:
            raise InputError(f"this is not a model written by Model.to_dict ({error!r})") from error

    def _operator_data(self, operator: Operator) -> Iterator[dict[str, Any]]:
        def data(matrix: Matrix) -> list[list[list[float]]]:
            return [[[entry.real, entry.imag] for entry in row] for row in matrix]

        def centre(operator: CentreOperator | None) -> Any:
            if isinstance(operator, OnSites):
                return {"sites": {name: centre(one) for name, one in operator.factors}}
            return operator._asdict() if isinstance(operator, Monomial) else operator and data(operator)

        for key, value in operator.terms.items():
            yield {
                "coefficient": [value.real, value.imag],
                "spelled": self.spell(key),
                "centre": centre(key.centre),
                "satellites": [[name, data(matrix)] for name, matrix in key.satellites],
            }

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the definition; equal for equal physics, independent of names given to parameters and jumps."""
        data = self.to_dict()
        del data["parameters"], data["name"]
        for jump in data["jumps"]:
            jump.pop("name", None)
            jump["operator"].sort(key=json.dumps)
        for entry in [*data["hamiltonian"], *(entry for jump in data["jumps"] for entry in jump["operator"])]:
            del entry["spelled"]
        for part in ("hamiltonian", "jumps"):  # sums: their order means nothing
            data[part].sort(key=json.dumps)
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()

    # -- looking --------------------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        """Whether all that defines the two is equal: sites, terms with their names and numbers, name and parameters; see :attr:`hash`."""
        return self is other or (isinstance(other, Model) and self._defining == other._defining)

    def __hash__(self) -> int:
        return hash((self.name, self.centre, self.ensembles, len(self.jumps)))

    @property
    def _defining(self) -> tuple[object, ...]:
        names = [jump.name for jump in self.jumps]
        return self.name, self.parameters, self.centre, self.ensembles, self.hamiltonian, self.jumps, names

    @property
    def called(self) -> str:
        """The model on one line, as other objects print it.

        >>> from permsym.models import central_spin
        >>> central_spin(N=16).called
        'central-spin, N=16'
        """
        many = len(self.ensembles) > 1
        return ", ".join([self.name, *(f"{'N_' + each.name if many else 'N'}={each.size:g}" for each in self.ensembles)])

    def __repr__(self) -> str:
        lines = [f"Model({self.name!r}, N={', '.join(str(each.size) for each in self.ensembles)})", *self.equation.splitlines()]
        return "\n    ".join(lines)

    def _repr_latex_(self) -> str:
        """The equation as notebooks typeset it, with its numbers."""
        return f"$$\n{latex.equation(self.centre, self.ensembles, self.terms, self.parameters)}\n$$"


_parameters = list(inspect.signature(Model.__init__).parameters.values())[1:]
Model.__signature__ = inspect.Signature(_parameters)  # type: ignore[attr-defined]  # of __init__, which help() shows


def _without_rounding(hamiltonian: Operator) -> Operator:
    """The same, hermitian to the last bit where rounding is all that is not: exact algebra with it would find a contradiction.

    What is not hermitian beyond that, or is by commuting factors alone, stays as it is.
    """
    other = hamiltonian.dag()
    scale = max((abs(value) for value in hamiltonian.terms.values()), default=0.0)
    defects = [abs(value) for value in (hamiltonian - other).terms.values()]
    if 0 < max(defects, default=0.0) <= _HERMITIAN * scale:
        hamiltonian = (hamiltonian + other) * 0.5
    return Operator({key: value for key, value in hamiltonian.terms.items() if value != 0})


def site_of(kind: str, levels: Any = None, name: str = "") -> Site:
    """A centre, or one of its sites, by its kind, number of levels and name, as files spell them."""
    if kind == "spin":
        return Spin(name)
    if kind == "boson":
        return Boson(None if levels in (None, "auto") else levels, name=name)
    if kind == "levels":
        return Levels(levels, name)
    if kind == "none":
        return NoCentre()
    raise InputError(f"the centre's kind must be spin, levels, boson or none, but is {kind!r}")


def _centre(centre: Site | Sequence[Site] | None) -> Site:
    """A centre as a model has it: its own name means something beside others only."""
    if centre is None:
        return NoCentre()
    centre = centre.sites if isinstance(centre, SeveralSites) else centre
    if isinstance(centre, Site):
        return centre if isinstance(centre, Ensemble) or not centre.name else centre.renamed("")
    sites = tuple(centre) if isinstance(centre, list | tuple) else ()
    if not sites or not all(isinstance(site, Site) for site in sites):
        raise InputError(f"the centre must be a site such as Spin(), a list of several, or None, but is {centre!r}")
    return _centre(sites[0]) if len(sites) == 1 else SeveralSites(sites)


def _centre_data(centre: Site) -> Any:
    """A centre for files; a list of several sites."""
    return [_site_data(site) for site in centre.sites] if isinstance(centre, SeveralSites) else _site_data(centre)


def _site_data(site: Site) -> dict[str, Any]:
    """A site of the centre for files."""
    alpha = getattr(site, "displacement", 0j)
    data: dict[str, Any] = {"kind": site.kind, "levels": site.levels or "auto"} | ({"name": site.name} if site.name else {})
    return data | ({"displacement": [alpha.real, alpha.imag]} if alpha else {})


def _site_from(data: Mapping[str, Any]) -> Site:
    site = site_of(data["kind"], data["levels"], data.get("name", ""))
    return Boson(site.levels or None, complex(*data["displacement"])) if "displacement" in data else site


def _operator_from(data: Sequence[Mapping[str, Any]]) -> Operator:
    def matrix(rows: Any) -> Matrix:
        return as_matrix([[complex(*entry) for entry in row] for row in rows])

    def one(value: Any) -> SiteOperator:
        return Monomial(**value) if isinstance(value, dict) else matrix(value)

    def centre(value: Any) -> CentreOperator | None:
        if isinstance(value, dict) and "sites" in value:
            return OnSites(tuple(sorted((name, one(each)) for name, each in value["sites"].items())))
        return value and one(value)

    return Operator(
        {
            Product(centre(each["centre"]), tuple((name, matrix(rows)) for name, rows in each["satellites"])): complex(*each["coefficient"])
            for each in data
        }
    )


def integer_nullspace(rows: Sequence[Sequence[int]], width: int) -> tuple[tuple[int, ...], ...]:
    """Integer basis of {w : rows @ w = 0}, by exact elimination."""
    reduced: list[list[Fraction]] = []
    pivots: list[int] = []
    for row in rows:
        values = [Fraction(entry) for entry in row]
        for pivot, other in zip(pivots, reduced, strict=True):
            values = [a - values[pivot] * b for a, b in zip(values, other, strict=True)]
        pivot = next((i for i, value in enumerate(values) if value != 0), -1)
        if pivot < 0:
            continue
        values = [value / values[pivot] for value in values]
        reduced = [[a - other[pivot] * b for a, b in zip(other, values, strict=True)] for other in reduced]
        reduced.append(values)
        pivots.append(pivot)
    basis = []
    for free in (i for i in range(width) if i not in pivots):
        vector = [Fraction(int(i == free)) for i in range(width)]
        for pivot, other in zip(pivots, reduced, strict=True):
            vector[pivot] = -other[free]
        scale = math.lcm(*(value.denominator for value in vector))
        basis.append(tuple(int(value * scale) for value in vector))
    return tuple(basis)
