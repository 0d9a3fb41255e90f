"""Running a plan: the same bits whoever computes, in whatever order; failures recorded; memory respected."""

import json
import random
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import permsym as ps
from permsym.cli import main
from permsym.dataset.status import Status
from permsym.dataset.versions import software
from permsym.errors import InputError, NotApplicable, SolverFailed, UnsuitedModel
from permsym.sweeps.bench import Bench
from permsym.sweeps.definition import make
from permsym.sweeps.methods import METHODS
from permsym.sweeps.run import OtherSoftware, assembled, execute, prepare
from permsym.sweeps.store.record import packed, unpacked
from permsym.sweeps.store.store import opened, read
from permsym.sweeps.task import compute
from permsym.sweeps.workers.pool import inline, pooled

NUMBERS = ("moment_real", "moment_imag", "cumulant_real", "cumulant_imag", "moment_error", "residual", "balance", "min_population", "p_up")


def plan():
    return make(
        "central-spin",
        {"N": [3, 4]},
        lists=[{"g": [0.4, "1/sqrt(N)"], "gamma_phi": [0.0, 0.1]}],
        fixed={"omega": 1.25},
        methods=("exact", "mf", "c2"),
        moments=2,
    )


def bits(data):
    return {name: data[name].values.tobytes() for name in NUMBERS}


def made(plan, executor):
    return assembled(plan, execute(prepare(plan), executor).points)


def shuffled(jobs, seed):
    order = list(jobs)
    random.Random(seed).shuffle(order)
    return inline(order)


@pytest.fixture(scope="module")
def data():
    return made(plan(), inline)


@pytest.fixture(scope="module")
def expected(data):
    return bits(data)


def test_one_process_or_several_give_the_same_bits(expected):
    assert bits(made(plan(), partial(pooled, workers=2))) == expected


@pytest.mark.slow
def test_the_order_of_the_points_does_not_matter(expected):
    assert bits(made(plan(), partial(shuffled, seed=1))) == expected


@pytest.mark.slow
def test_a_worker_remembers_nothing_that_changes_a_bit():
    """Each point on a bench that has seen all others, and on a new one."""
    used = Bench()
    for task in plan().tasks():
        first, second = compute(task, used).point, compute(task, Bench()).point
        assert (first.moments, first.errors, first.cumulants) == (second.moments, second.errors, second.cumulants)
        assert first.scalars.get("residual") == second.scalars.get("residual")


def test_threads_of_linear_algebra_do_not_matter():
    """The sum of a long product, from N = 100 on, differs between thread counts; a point's must not."""
    from threadpoolctl import threadpool_limits

    sweep = partial(ps.sweep, "central-spin", {"g": [0.4]}, N=120, moments=2)
    with threadpool_limits(1):
        one = bits(sweep())
    with threadpool_limits(2):
        two = bits(sweep())
    assert one == two


def test_lists_that_run_together(data):
    assert dict(data.sizes) | {"moment": 0} == {"N": 2, "point": 2, "approach": 3, "moment": 0}
    assert data["gamma_phi"].dims == ("point",)
    assert data["g"].dims == ("N", "point")
    assert float(data["g"].sel(N=4, point=1)) == pytest.approx(1 / 2)
    alone = ps.steady_state(ps.models.central_spin(N=4, g="1/sqrt(N)", gamma_phi=0.1, omega=1.25))
    assert float(data["p_up"].sel({"N": 4, "point": 1, "approach": "exact"})) == alone.derived["p_up"]


def test_cumulants_follow_the_branch_of_the_expressions():
    data = ps.sweep("central-spin", {"N": [8]}, methods=("c3", "c3-broken"), kappa="N/16")
    from permsym.models import lookup

    for name, broken in (("c3", False), ("c3-broken", True)):
        source = (lookup("central-spin"), {"N": 8, "kappa": "N/16"})
        direct = ps.cumulants.steady_state(ps.models.central_spin(N=8, kappa="N/16"), 3, break_symmetry=broken, source=source)
        assert float(data["p0_up"].sel({"approach": name}).item()) == direct.derived["p0_up"]
    assert all(str(reason).startswith("order 3") for reason in data["reason"].values.ravel())
    assert set(data["status"].values.ravel()) == {"ok"}


def test_no_fixed_point_and_an_order_too_low_have_codes_of_their_own():
    lossless = {"kappa": 0, "gamma_up": 0, "gamma_down": 0}  # mean field turns for ever
    data = ps.sweep("central-spin", {"N": [4]}, methods=("exact", "mf", "c2"), moments=["+1 -2 z3"], **lossless).isel(N=0)
    assert data["status"].values.tolist() == ["failed", "no-fixed-point", "beyond-order"]
    assert str(data["reason"].sel(approach="c2").values).startswith("order 2 has none of the moments, whose lowest order is 3;")
    assert np.isnan(data["moment_real"].sel(approach=["mf", "c2"])).all()


def computed_by(monkeypatch, point):
    """Mean field, by another function."""
    monkeypatch.setitem(METHODS, "mf", replace(METHODS["mf"], point=point))


def test_an_unexpected_failure_is_recorded_and_the_others_go_on(monkeypatch):
    real = METHODS["mf"].point

    def fails(model, labels, options, bench):
        if model.sizes == (3,):
            raise ZeroDivisionError("by accident")
        return real(model, labels, options, bench)

    computed_by(monkeypatch, fails)
    data = ps.sweep("central-spin", {"N": [2, 3, 4]}, methods=("mf",))
    assert data["status"].values.tolist() == ["ok", "failed", "ok"]
    assert str(data["reason"].values[1]) == "unexpected ZeroDivisionError: by accident"
    assert list(np.isnan(data["p0_up"].values)) == [False, True, False]


def test_only_lasting_failures_are_kept(monkeypatch):
    (task,) = make("central-spin", {}, fixed={"N": 2}, methods=("mf",)).tasks()
    for error, lasting, status in (
        (SolverFailed("no"), True, Status.FAILED),
        (NotApplicable("no"), True, Status.NOT_APPLICABLE),
        (UnsuitedModel("no"), True, Status.NOT_APPLICABLE),
        (MemoryError("full"), False, Status.FAILED),
        (ps.TooLarge("big"), False, Status.REFUSED),
    ):

        def fails(model, labels, options, bench, error=error):
            raise error

        computed_by(monkeypatch, fails)
        result = compute(task, Bench())
        assert result.lasting is lasting
        assert result.point.status is status


def test_a_result_of_other_software_is_refused():
    """Workers that started after permsym was installed anew, while the run went on."""

    def executor(jobs):
        for number, (task, result) in enumerate(inline(jobs)):
            other = {**result.point.computed_by, "code": "other"}
            yield task, result if number < 2 else replace(result, point=replace(result.point, computed_by=other))

    with pytest.raises(OtherSoftware, match="code other instead of"):
        execute(prepare(plan()), executor)


def test_another_version_with_equal_results_keeps_the_points_of_a_store(tmp_path, monkeypatch, capsys):
    (tmp_path / "x.toml").write_text('[model]\nname = "central-spin"\n[sweep]\nN = [2, 3]\n')
    words = ["run", str(tmp_path / "x.toml"), "-o", str(tmp_path / "x.nc"), "--jobs", "1"]
    monkeypatch.setattr("permsym.sweeps.workers.pool.pooled", lambda jobs, workers: inline(jobs))
    assert main(words) == 0
    old, new = {**software(), "permsym": "0.0.9"}, software()
    store = tmp_path / "x.nc.store"
    with opened(store) as open_store:  # as if another version had computed one of the points
        key, result = next(iter(open_store.results().items()))
        open_store.put(key, replace(result, point=replace(result.point, computed_by=old)))
    (tmp_path / "x.nc").unlink()
    assert main(words) == 0
    assert "(2 from the store, 0 computed)" in capsys.readouterr().out
    mixed = json.loads(ps.open_dataset(tmp_path / "x.nc").attrs["mixed_versions"])
    assert mixed == [{**entry, "points": 1} for entry in (new, old)] or mixed == [{**entry, "points": 1} for entry in (old, new)]
    assert all(entry in read(store).versions for entry in ((old, 1), (new, 1)))
    monkeypatch.setattr("permsym.sweeps.task.RESULTS", 0)
    monkeypatch.setattr("permsym.sweeps.definition.RESULTS", 0)
    assert main(words) == 0
    assert "(0 from the store, 2 computed)" in capsys.readouterr().out


@pytest.mark.slow
def test_a_record_of_the_store_gives_back_its_point():
    for task in plan().tasks():
        point = compute(task, Bench()).point
        record = json.loads(json.dumps(packed(point)))
        assert unpacked(record) == point
        for name in record:
            with pytest.raises(ValueError, match="has no"):
                unpacked({key: value for key, value in record.items() if key != name})


@pytest.mark.parametrize(("N", "memory", "code"), [("[4]", None, 0), ("[4, 250]", "150MB", 3), ("[290, 300]", "150MB", 4)])
def test_the_exit_code_follows_from_the_statuses(tmp_path, monkeypatch, capsys, N, memory, code):
    if memory:
        monkeypatch.setenv("PERMSYM_MEMORY", memory)
    (tmp_path / "x.toml").write_text(f'[model]\nname = "central-spin"\n[sweep]\nN = {N}\n[methods]\nexact = {{window = "full"}}\n')
    assert main(["run", str(tmp_path / "x.toml"), "-o", str(tmp_path / "x.nc"), "--jobs", "1"]) == code
    out, err = capsys.readouterr()
    assert ("are available" in err) is bool(code)
    assert {0: "1 certified", 3: "1 certified, 1 refused", 4: "2 points: 2 refused"}[code] in out


def test_a_point_too_large_is_refused_and_recorded(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "150MB")
    data = ps.sweep("central-spin", {"N": [4, 250]}, jobs=1)
    assert data["status"].values.tolist() == ["ok", "refused"]
    assert str(data["reason"].values[1]).startswith("this needs about")
    assert data["certified"].values.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        ({"lists": [{"N": [2, 3], "g": [1.0]}]}, "must have one length"),
        ({"lists": [{"N": [2, 3]}], "N": 3}, "both an axis and fixed"),
        ({"axes": {"N": [2]}, "lists": [{"N": [2]}]}, "varies twice"),
        ({"axes": {"g": ["N/2"]}, "N": 3}, "must have numbers"),
        ({"axes": {"N": [3]}, "methods": ["c99"]}, "no method 'c99'"),
        ({"axes": {"N": [3]}, "options": {"exact": {"speed": 1}}}, "no option 'speed'"),
        ({"axes": {"N": [3]}, "options": {"exact": {"window": -1}}}, "'window' of the method exact"),
        ({"axes": {"N": [3]}, "jobs": 0}, "`jobs` must be at least 1"),
        ({"axes": {"N": [1]}, "moments": ["z1 z2"]}, "needs 2 distinct satellites"),
    ],
)
def test_mistakes(arguments, fragment):
    with pytest.raises(InputError, match=fragment):
        ps.sweep("central-spin", **{"axes": {}, **arguments})
