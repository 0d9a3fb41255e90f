"""The table of ``permsym run --dry-run``: what a sweep takes, before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from permsym import machine
from permsym.sweeps.run import Work
from permsym.text import clock, readable

_SHOWN = 40  # rows of the table


def describe(work: Work, jobs: int, output: Path) -> str:
    """Points, unknowns, memory and time of the work; seconds are those of one modern core."""
    sweep = work.sweep
    sides = " x ".join(f"{len(d)} {d.name}" for d in sweep.dimensions) or "1 point"
    lines = [
        f"model    {sweep.source.name}",
        f"points   {len(sweep.indices)} ({sides}), by {', '.join(sweep.methods)}: {len(sweep)} in all",
        f"moments  {f'up to order {sweep.moments}' if isinstance(sweep.moments, int) else ', '.join(sweep.moments)}",
        *([] if sweep.spectrum is None else [f"spectrum {sweep.spectrum}"]),
        *([] if sweep.quantities is None else [f"also     {sweep.quantities}"]),
        *([] if sweep.evolution is None else [f"in time  {sweep.evolution}"]),
        f"output   {output}",
    ]
    if work.recalled:
        lines.append(f"stored   {len(work.recalled)} of them, {len(work.jobs)} to do")
    names = list(dict.fromkeys(name for dimension in sweep.dimensions for name in dimension.columns))
    rows: list[Sequence[str]] = [(*names, "method", "plan", "unknowns", "memory", "time")]
    free = machine.available_bytes()
    for task, cost in work.jobs:
        parameters = sweep.parameters(task.cell[0])
        values = [f"{value:g}" if not isinstance(value := parameters[name], str) else value for name in names]
        needed = "more than is free" if cost.bytes > free else readable(cost.bytes)
        how = "-" if cost.plan is None else cost.plan.choice
        rows.append((*values, task.method, how, f"{cost.dimension:,}" if cost.dimension else "-", needed, clock(cost.seconds)))
    if len(rows) > 1:
        shown = rows if len(rows) <= _SHOWN + 1 else [*rows[: _SHOWN // 2 + 1], ("...",) * len(rows[0]), *rows[-_SHOWN // 2 :]]
        widths = [max(len(row[i]) for row in shown) for i in range(len(shown[0]))]
        lines += ["", *("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in shown), ""]
        seconds = [cost.seconds for _, cost in work.jobs]
        together = max(sum(seconds) / jobs, *seconds)
        largest = max(cost.bytes for _, cost in work.jobs)
        lines.append(
            f"about {clock(together)} with {jobs} jobs; the largest point needs "
            f"{readable(largest) if largest < float('inf') else 'more than is free'}, {readable(free)} are free"
        )
        wide = sum(cost.bytes > free for _, cost in work.jobs)
        if wide:
            lines.append(f"{wide} points may need more memory than is free; they will be tried alone, last")
    return "\n".join(lines)
