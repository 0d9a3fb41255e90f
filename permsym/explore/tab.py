"""One page in a browser: what its sliders ask for is computed in order, and given up as soon as they ask for something else."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from permsym.errors import InputError, PermsymError
from permsym.explore.curve import Grid
from permsym.explore.jobs import Answer, Check, Compute, Describe, Draw, Job, Predict, Save, with_size
from permsym.explore.lane import JobRefused, Lane, Stable
from permsym.explore.reproduction import View, texts, views
from permsym.explore.request import Asked
from permsym.models.parameters import COUNTS

_DEBOUNCE = 0.03  # seconds in which a slider that moves sends several positions
_GRACE = 0.3  # seconds for an exact solve that is no longer wanted
_LONGER_GRACE = 2.0  # for an approximation: they are short, and a new process derives its equations again
_LONGEST_POINT = 20.0  # seconds of a point of a curve
_LONGEST_VIEW = 20.0  # predicted seconds of a spectrum or an evolution that is computed without being asked for again
_OUTLASTED = 40.0  # seconds after which one is given up whose prediction was wrong: the curve waits behind it

Send = Callable[[dict[str, Any]], None]
Points = dict[tuple[tuple[int, ...], str], bytes]


@dataclass
class Answers:
    """What came of one question so far.

    curve    the same question as the curve answers it: of fewer satellites where it is a preview
    points   pickled, by panel, by value of the curve's parameter (None beside a curve) and by method
    """

    asked: Asked
    curve: Asked
    grid: Grid | None
    points: dict[str, dict[tuple[float | None, str], bytes]] = field(default_factory=dict)

    def drop(self, panel: str) -> None:
        """Leave out a panel that makes no sense."""
        if panel == "curve":
            self.grid = None
        elif panel == "spectrum":
            self.asked = self.curve = replace(self.asked, spectrum=None)
        else:
            self.asked = self.curve = replace(self.asked, evolution=None)

    def views(self) -> dict[str, View]:
        """The panels that there are."""
        panels = views(self.asked)
        if self.grid is not None and self.grid.xs:
            panels["curve"] = views(self.curve, self.grid.xs)["curve"]
        return panels

    def texts(self) -> dict[str, dict[str, str]]:
        """Command and Python of each panel."""
        words = texts(self.asked)
        if self.grid is not None and self.grid.xs:
            words["curve"] = texts(self.curve, self.grid.xs)["curve"]
        return words

    def cells(self, panel: str) -> Points:
        """The points of a panel by index along the curve and method."""
        index = {None: ()} | {x: (k,) for k, x in enumerate([] if self.grid is None else self.grid.xs)}
        return {(index[x], method): point for (x, method), point in self.points.get(panel, {}).items() if x in index}


class Tab:
    """The state of one page.

    send    a message to the page
    typed   values of the command line, by the model that it names
    """

    def __init__(self, stable: Stable, send: Send, typed: Mapping[str, Mapping[str, str]]) -> None:
        self._stable, self._send, self._typed = stable, send, typed
        self._quick, self._exact = Lane(stable, _LONGER_GRACE), Lane(stable, _GRACE)
        self._work: asyncio.Task[None] | None = None
        self._answers: Answers | None = None

    async def describe(self, model: str) -> None:
        """Tell the page the sliders of a model."""
        await self.stop()
        answer = await self._part({"part": "model", "model": model}, self._quick, Describe(model, self._typed.get(model, {})))
        if answer is not None:
            self._send({"part": "model", "model": model, **answer.shown})

    async def ask(self, asked: Asked) -> None:
        """Give up what was asked before, and begin."""
        await self.stop()
        grid = None if asked.curve is None else Grid(asked.curve, asked.curve.over in COUNTS)
        self._answers = Answers(asked, asked, grid)
        self._work = asyncio.ensure_future(self._guarded(self._answers))

    async def close(self) -> None:
        """End the work and its processes."""
        await self.stop()
        await asyncio.gather(self._quick.close(), self._exact.close())

    async def stop(self) -> None:
        """Give up what is computed."""
        work, self._work = self._work, None
        if work is not None:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work

    async def save(self, panel: str, path: str) -> int:
        """Write the dataset of a panel; the number of its points.  PermsymError where there is none yet."""
        view = None if self._answers is None else self._answers.views().get(panel)
        if view is None or self._answers is None:
            raise InputError("there is nothing to save yet; wait for a first value")
        lane = Lane(self._stable, _GRACE)
        try:
            job = Save(view, self._answers.cells(panel), path, self._answers.texts()[panel]["command"])
            return int((await lane.run(job)).shown["points"])
        finally:
            await lane.close()

    # -- the order of work ------------------------------------------------------------------------------------------------

    async def _guarded(self, answers: Answers) -> None:
        """Answer; a fault of permsym is said on the page, and in full where the server runs."""
        try:
            await self._answer(answers)
        except Exception as error:
            traceback.print_exc()
            fault = f"this is a fault of permsym ({type(error).__name__}); please report it with what the terminal says"
            self._send({"part": "mistake", "error": fault, "parameter": None})

    async def _answer(self, answers: Answers) -> None:
        asked = answers.asked
        await asyncio.sleep(_DEBOUNCE)
        self._tell(answers, part="busy", texts=answers.texts())
        for name, view in views(asked, () if answers.grid is None else [answers.grid.curve.start]).items():
            checked = await self._part({"part": "checked", "panel": name, "number": asked.number}, self._exact, Check(view))
            if checked is None and name == "values":
                self._tell(answers, part="done")
                return
            if checked is None:
                answers.drop(name)
            elif name == "values":
                self._tell(answers, part="checked", **checked.shown)
        queue: asyncio.Queue[tuple[float, View] | None] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._approximate(answers, queue))
            group.create_task(self._solve(answers, queue))
        self._tell(answers, part="done")

    async def _approximate(self, answers: Answers, queue: asyncio.Queue[tuple[float, View] | None]) -> None:
        """Approximations: at the sliders, of the other panels, and along the curve as its points are chosen."""
        panels = views(answers.asked)
        for panel, view in panels.items():
            for method in (name for name in view.methods if name != "exact"):
                await self._point(answers, panel, view, method, self._quick)
        while (job := await queue.get()) is not None:
            x, view = job
            for method in (name for name in answers.asked.methods if name != "twa"):
                await self._point(answers, "curve", view, method, self._quick, x)

    async def _solve(self, answers: Answers, queue: asyncio.Queue[tuple[float, View] | None]) -> None:
        """The exact value or its preview, its pictures, the other panels, the curve."""
        try:
            panels = views(answers.asked)
            plan = await self._part({"part": "plan"}, self._exact, Predict(panels["values"]))
            if plan is None:
                return
            ready = bool(plan.shown["at_once"]) or answers.asked.compute
            self._tell(answers, part="plan", ready=ready, **plan.shown)
            smaller = None if ready else plan.shown["preview"]
            if ready:
                await self._point(answers, "values", panels.pop("values"), "exact", self._exact)
                await self._pictures(answers, None)
            elif smaller is not None:
                await self._preview(answers, with_size(panels["values"], smaller), smaller)
                answers.curve = replace(answers.asked, parameters={**answers.asked.parameters, "N": smaller})
            for panel in (name for name in panels if name != "values"):
                await self._panel(answers, panel, panels[panel])
            if answers.grid is not None and (ready or smaller is not None or answers.grid.curve.over == "N"):
                await self._curve(answers, answers.grid, queue, smaller)
        finally:
            queue.put_nowait(None)

    async def _preview(self, answers: Answers, view: View, size: int) -> None:
        answer = await self._part({"part": "preview", "size": size}, self._exact, Compute(view, "exact"))
        if answer is not None:
            self._tell(answers, part="preview", size=size, point=answer.shown)
            await self._pictures(answers, size)

    async def _pictures(self, answers: Answers, size: int | None) -> None:
        drawn = await self._part({"part": "pictures"}, self._exact, Draw())
        if drawn is not None:
            self._tell(answers, part="pictures", size=size, **drawn.shown)

    async def _panel(self, answers: Answers, panel: str, view: View) -> None:
        """The exact spectrum or evolution, where it is short or asked for."""
        plan = await self._part({"part": panel, "method": "exact"}, self._exact, Predict(view))
        if plan is None:
            return
        if answers.asked.compute or (plan.shown["fits"] and plan.shown["seconds"] is not None and plan.shown["seconds"] <= _LONGEST_VIEW):
            limit = None if answers.asked.compute else _OUTLASTED
            await self._point(answers, panel, view, "exact", self._exact, seconds=limit)
        else:
            words = f"not computed yet: it takes {plan.shown['words']}; press the button below the table"
            self._tell(answers, part=panel, method="exact", error=words)

    async def _curve(self, answers: Answers, grid: Grid, queue: asyncio.Queue[tuple[float, View] | None], smaller: int | None) -> None:
        """Points of the curve, coarse first; each goes to the approximations, too."""
        self._tell(answers, part="axis", log=grid.log, size=None if grid.curve.over == "N" else smaller)
        while (x := grid.next()) is not None:
            parameters = {**answers.curve.parameters, grid.curve.over: x}
            view = replace(views(answers.curve)["values"], name="curve", fixed=tuple(parameters.items()))
            queue.put_nowait((x, view))
            long = await self._long(answers, view) if grid.curve.over in COUNTS else None
            if long is not None:
                grid.enter(x, None)
                self._tell(answers, part="curve", method="exact", x=x, error=long, texts=answers.texts())
                continue
            answer = await self._point(answers, "curve", view, "exact", self._exact, x, _LONGEST_POINT)
            grid.enter(x, None if answer is None else value_of(answer.shown, answers.asked.quantity))
            self._tell(answers, part="texts", texts=answers.texts())

    async def _long(self, answers: Answers, view: View) -> str | None:
        """Why a point is left out of a curve: it would take too long."""
        try:
            plan = (await self._exact.run(Predict(view))).shown
        except PermsymError as error:
            return str(error)
        return None if plan["at_once"] or (answers.asked.compute and plan["fits"]) else f"left out: it takes {plan['words']}"

    # -- one job ----------------------------------------------------------------------------------------------------------

    async def _point(
        self, answers: Answers, panel: str, view: View, method: str, lane: Lane, x: float | None = None, seconds: float | None = None
    ) -> Answer | None:
        """A point of a panel by a method, told to the page and remembered for its dataset; None where there is none."""
        where = {"part": panel, "method": method, "x": x, "number": answers.asked.number}
        answer = await self._part(where, lane, Compute(view, method), seconds)
        if answer is not None:
            answers.points.setdefault(panel, {})[x, method] = answer.point
            self._send({**where, "point": answer.shown})
        return answer

    async def _part(self, where: dict[str, Any], lane: Lane, job: Job, seconds: float | None = None) -> Answer | None:
        """The answer to a job; what stands against it is said in its place on the page."""
        try:
            return await lane.run(job, seconds)
        except TimeoutError:
            words, parameter = f"left out: it takes more than {seconds:.0f} s; the command computes it without a limit", None
        except JobRefused as error:
            words, parameter = str(error), error.parameter
        except PermsymError as error:
            words, parameter = str(error), None
        number = None if self._answers is None else self._answers.asked.number
        self._send({"number": number, **where, "error": words, "parameter": parameter})
        return None

    def _tell(self, answers: Answers, **message: Any) -> None:
        self._send({"number": answers.asked.number, **message})


def value_of(point: Mapping[str, Any], quantity: str) -> float | None:
    """A derived quantity, or the real part of a moment, of a point as a page has it."""
    if quantity in point["derived"]:
        value: float | None = point["derived"][quantity]
        return value
    pair = point["moments"].get(quantity)
    return None if pair is None else pair[0]
