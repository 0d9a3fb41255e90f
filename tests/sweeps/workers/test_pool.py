"""Which task starts next on which worker, within the memory that is free."""

from permsym.sweeps.cost import Cost
from permsym.sweeps.workers.pool import _next


def job(size, seconds=1.0):
    return object(), Cost(1, size, seconds)


def test_nothing_starts_that_does_not_fit_beside_what_runs():
    waiting = [job(8.0), job(3.0), job(1.0)]
    assert _next(waiting, [], 10.0, [5.0])[1].bytes == 3.0
    assert _next(waiting, [], 10.0, [5.0, 3.0])[1].bytes == 1.0
    assert _next(waiting, [], 10.0, [3.0]) is None
    assert _next(waiting, [], 1.0, [])[1].bytes == 8.0  # alone: it refuses by itself
    assert waiting == []


def test_a_task_that_lost_its_worker_runs_alone_and_last():
    suspect, other = job(1.0), job(2.0)
    assert _next([other], [suspect], 10.0, []) is other
    assert _next([], [suspect], 10.0, [1.0]) is None
    assert _next([], [suspect], 10.0, []) is suspect
