"""``ps.photon_record``: when detectors click along one trajectory, and what the clicks say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.dynamics.initial import InitialState, parse_initial
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse, select_labels
from permsym.operators import ComplexArray
from permsym.sampling.arguments import check_positive
from permsym.sampling.averages import half_widths, quantile
from permsym.sampling.doubts import Doubt
from permsym.sampling.series import autocorrelation
from permsym.sites import as_count
from permsym.unravelling.engine import Chain, prepare

RealArray = NDArray[np.float64]

_STRETCHES = 32  # equal parts of a record, whose counts give the errors
_CELLS = 128  # of a stretch, for the autocorrelation time of the counts
_LASTS = 20.0  # autocorrelation times that a stretch must last
_FEWEST = 100  # counts


@dataclass(frozen=True)
class CountedValues:
    """What counts say.

    values, errors   numbers or arrays, and half widths of their 95 % intervals
    doubts           what is doubtful -> in words
    """

    values: RealArray
    errors: RealArray
    doubts: Mapping[Doubt, str]

    @property
    def reliable(self) -> bool:
        """Whether nothing is doubtful about the statistics."""
        return not self.doubts


@dataclass(frozen=True)
class PhotonRecord:
    """Jumps of one trajectory as detectors count them, and moments conditional on them.

    times      (jumps,) ascending, in (0, duration]; 0 is the end of the burn-in
    jumps      name of each, as of ``model.terms``
    at         (samples,) times of the samples
    samples    label -> (samples,) expectation values in the state of the trajectory
    """

    model: Model
    initial: str
    seed: int
    burn_in: float
    duration: float
    times: RealArray
    jumps: tuple[str, ...]
    at: RealArray
    samples: dict[str, ComplexArray]

    @cached_property
    def counts(self) -> dict[str, int]:
        """How often each jump of the model happened."""
        names = [term.name for term in self.model.terms if term.jump]
        return {name: self.jumps.count(name) for name in names}

    def of(self, jump: str) -> RealArray:
        """Times of one jump: a name, or any part that no other has, such as "a"."""
        name = self.model.jump(jump).name
        return self.times[np.array([each == name for each in self.jumps], dtype=bool)]

    def waiting_times(self, jump: str) -> RealArray:
        """Times between successive jumps of a name."""
        return np.diff(self.of(jump))

    def moment(self, label: str | MomentLabel) -> ComplexArray:
        """A conditional moment (samples,); InputError for one that was not read."""
        key = str(parse(label, self.model) if isinstance(label, str) else label)
        if key not in self.samples:
            raise InputError(f"the moment {key!r} was not read along the record; ask for it, as in moments=[{key!r}], every=0.1")
        return self.samples[key]

    def rate(self, jump: str) -> CountedValues:
        """Counts of a jump in a unit of time: <c^dag c> of its operator c in a steady state, its rate included."""
        edges = np.linspace(0, self.duration, _STRETCHES + 1)
        counts = np.histogram(self.of(jump), edges)[0] * (_STRETCHES / self.duration)
        widths = half_widths(counts[:, None].astype(complex))
        return CountedValues(np.asarray(counts.mean()), widths[0], self._doubts(jump))

    def g2(self, jump: str, delays: ArrayLike) -> CountedValues:
        """g2(tau) = (rate of pairs of jumps that are tau apart) / rate^2, averaged over the bins between ``delays``.

        delays   (bins + 1,) ascending edges, >= 0, far shorter than the record

        Errors are the jackknife's over 32 stretches of the record.
        """
        edges, times = self._edges(delays), self.of(jump)
        length = self.duration - edges[-1]
        first = times[times <= length]
        upto = np.searchsorted(times, first[:, None] + edges, side="right") - np.arange(1, len(first) + 1)[:, None]
        pairs = np.diff(upto, axis=1)
        stretch = np.minimum((first / length * _STRETCHES).astype(int), _STRETCHES - 1)
        counts = np.bincount(stretch, minlength=_STRETCHES).astype(float)
        sums = np.zeros((_STRETCHES, len(edges) - 1))
        np.add.at(sums, stretch, pairs)
        doubts = self._doubts(jump)
        rest = np.maximum(counts.sum() - counts, 1)[:, None]  # without each stretch in turn
        one, scale = length / _STRETCHES, np.diff(edges)
        whole = sums.sum(axis=0) * length / (scale * max(counts.sum(), 1) ** 2)
        parts = (sums.sum(axis=0) - sums) * (length - one) / (scale * rest**2)
        value = _STRETCHES * whole - (_STRETCHES - 1) * parts.mean(axis=0)
        spread = np.sqrt((_STRETCHES - 1) / _STRETCHES * ((parts - parts.mean(axis=0)) ** 2).sum(axis=0))
        return CountedValues(value, quantile(_STRETCHES) * spread, doubts)

    def _edges(self, delays: ArrayLike) -> RealArray:
        try:
            edges = np.asarray(delays, dtype=float)
        except (TypeError, ValueError):
            edges = np.empty(0)
        sensible = edges.ndim == 1 and len(edges) > 1 and np.isfinite(edges).all() and edges[0] >= 0 and (np.diff(edges) > 0).all()
        if not sensible or edges[-1] > self.duration / 2:
            raise InputError(
                f"`delays` must be two or more ascending edges of bins, from 0 to half of the record's {self.duration:g} at most, "
                f"but is {delays!r}; give np.linspace(0, 10, 41), for instance",
                parameter="delays",
            )
        return edges

    def _doubts(self, jump: str) -> dict[Doubt, str]:
        """What is doubtful about averages over the record."""
        times = self.of(jump)
        cells = np.histogram(times, np.linspace(0, self.duration, _STRETCHES * _CELLS + 1))[0]
        time = float(autocorrelation(cells[None, :, None].astype(complex))[0]) / (_STRETCHES * _CELLS)
        if len(times) < _FEWEST:
            return {Doubt.TOO_SHORT: f"{jump} was counted {len(times)} times, which should be {_FEWEST} at least; give a longer duration"}
        if time * _STRETCHES * _LASTS > 1:
            needed = time * _STRETCHES * _LASTS * self.duration
            return {Doubt.TOO_SHORT: f"the record lasts {self.duration:.4g}, which should be {needed:.4g} at least; give a longer duration"}
        return {}


def photon_record(
    model: Model,
    moments: int | str | Iterable[str | MomentLabel] = (),
    *,
    duration: float,
    every: float | None = None,
    initial: str | InitialState | None = None,
    burn_in: float = 0.0,
    seed: int = 0,
) -> PhotonRecord:
    """When detectors click along one quantum trajectory; its seven arguments are independent choices of a user.

    The state evolves by exp(-i H t - sum c^dag c t / 2), normalised, until a jump c, of probability <c^dag c> dt.  Jumps are those of
    ``model.jumps`` as they are written, constants included, and the mode is in no moving frame: of L[a] each is a counted photon.

    moments    an order, a label, or several labels, read at ``every``
    duration   time of the record, after the burn-in
    every      time between two samples of the moments
    initial    a label as :mod:`permsym.dynamics.initial` reads it; None: all sites in their lowest states
    burn_in    time that passes before the record begins: several relaxation times for a record of the steady state
    seed       of all random numbers: the same seed gives the same record, whatever is read along it

    Raises UnsuitedModel for more than one ensemble, satellites of more than two levels, and negative rates; SolverFailed where a mode
    grows without bound.

    Source: J. Dalibard, Y. Castin and K. Molmer, Phys. Rev. Lett. 68, 580 (1992).
    """
    for name, value in (("duration", duration), ("burn_in", burn_in)):
        if value is None:
            raise InputError(f"`{name}` must be a number, but is None; give a time, such as {name}=100", parameter=name)
    check_positive("duration", duration)
    check_positive("every", every)
    if burn_in != 0:
        check_positive("burn_in", burn_in)
    seed = as_count("seed", seed, 0)
    if not isinstance(initial, str | InitialState | None):
        raise InputError(f"`initial` must be a label such as 'vacuum up', but is {initial!r}", parameter="initial")
    labels = select_labels(model, moments)
    if bool(labels) != (every is not None):
        raise InputError("`moments` are read at `every`: give both, such as moments=['ad a'], every=0.1, or neither")
    if every is not None and every > duration:
        raise InputError(f"`every` must be at most the duration {duration:g}, but is {every:g}; give a smaller one", parameter="every")
    start = parse_initial(initial or "", model) if not isinstance(initial, InitialState) else initial
    chain = Chain(prepare(model, labels), str(start), seed, 0, counting=True)
    if burn_in:
        chain.run_until([burn_in])
    record = chain.record(float(duration), every)
    at = np.arange(1, len(record.samples) + 1, dtype=float) * (every or 0.0)
    samples = {str(label): record.samples[:, k] for k, label in enumerate(labels)}
    times = np.asarray(record.times - burn_in, dtype=float)
    return PhotonRecord(model, str(start), seed, burn_in, float(duration), times, record.jumps, np.asarray(at, dtype=float), samples)
