"""Judging an approximation: numbers by hand, anybody's CSV, the paper's order of merit, and the report in a browser."""

import csv
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

import permsym as ps
from permsym import dataset
from permsym.cli import main
from permsym.compare import Table, compare, read_table, table_of
from permsym.compare.comparison import order_of
from permsym.compare.html import report
from permsym.errors import InputError
from permsym.sites import Ensemble


def table(name, values, errors=None, methods=None):
    """A table along N from {method: {quantity: {N: value}}}."""
    sizes = sorted({n for each in values.values() for column in each.values() for n in column})
    points = [{"N": float(n), "kappa": n / 16} for n in sizes]
    entries = {
        (sizes.index(n), method, quantity): complex(value)
        for method, each in values.items()
        for quantity, column in each.items()
        for n, value in column.items()
    }
    return Table(name, points, list(values), entries, errors or {})


EXACT = {"exact": {"p0_up": {10: 0.6, 20: 0.5, 40: 0.4, 80: 0.3}}}


def test_errors_by_hand():
    found = compare(table("r", EXACT), table("a", {"c2": {"p0_up": {10: 0.63, 40: 0.3}}}))
    first, second = found.rows
    assert (first.error, second.error) == (pytest.approx(0.03), pytest.approx(-0.1))
    assert (first.relative, second.relative) == (pytest.approx(0.05), pytest.approx(0.25))
    assert found.unmatched == 0
    assert found.free == ["N"]  # kappa follows from N


def test_order_of_merit_and_where_it_changes():
    exact, shift = EXACT["exact"]["p0_up"], {10: 1e-3, 20: 1e-3, 40: 1e-3, 80: 1e-3}
    c2 = {n: exact[n] + 1e-5 * n**1.5 for n in exact}  # overtakes 1e-3 at N = 100^(2/3)
    values = {"mf": {"p0_up": {n: exact[n] - shift[n] for n in exact}}, "c2": {"p0_up": c2}}
    (found,) = compare(table("r", EXACT), table("a", values)).overtakings
    assert (found.worse, found.better, found.axis) == ("c2", "mf", "N")
    ((start, stop),) = found.intervals
    assert start == pytest.approx(100 ** (2 / 3), rel=1e-6)
    assert math.isnan(stop)
    assert str(found) == "p0_up: c2 is worse than mf for N > 21.54"


def test_differences_below_the_uncertainty_are_no_order():
    errors = {(i, "exact", "p0_up"): 1e-6 for i in range(4)}
    values = {"mf": {"p0_up": {10: 0.6 + 1e-8}}, "c2": {"p0_up": {10: 0.6 + 2e-8}}}
    assert compare(table("r", EXACT, errors), table("a", values)).overtakings == []


def test_convergence_with_order():
    exact = EXACT["exact"]["p0_up"]
    values = {
        name: {"p0_up": {n: exact[n] + size * (3 if (name, n) == ("c3", 40) else 1) for n in exact}}
        for name, size in (("c4", 1e-4), ("mf", 1e-1), ("c3", 2e-2), ("c2", 3e-2))
    }
    found = compare(table("r", EXACT), table("a", values))
    assert found.methods == ["mf", "c2", "c3", "c4"]
    good, total, broken = found.monotonic("p0_up")
    assert (good, total) == (3, 4)
    assert broken == [(2, "c2", "c3")]


@pytest.mark.parametrize(
    ("name", "order"), [("mf", 1), ("c2", 2), ("C5", 5), ("CE3", 3), ("c3-broken", 3), ("exact", None), ("dtwa", None)]
)
def test_orders_by_name(name, order):
    assert order_of(name) == order


@pytest.mark.parametrize(
    ("quantity", "value", "word"),
    [
        ("p0_up", 1.2, "outside [0, 1]"), ("p_up", -0.1, "outside [0, 1]"), ("photons", -1, "negative"), ("z0 z1", -1.1, "outside [-1, 1]"),
        ("z0", 0.5j, "not real"), ("+1 -2", 0.6, "1/2"), ("ad ad a a", -0.2, "negative"), ("+0 -1 z2", 0.4j, ""),
        ("ad a", 30.0, ""), ("ad -1", 7j, ""),
    ],
)  # fmt: skip
def test_values_that_no_state_has(quantity, value, word):
    found = compare(table("r", {"exact": {quantity: {10: 0.1}}}), table("a", {"c2": {quantity: {10: value}}}))
    assert word in found.rows[0].unphysical
    assert bool(found.unphysical) == bool(word)


def test_no_exact_state_has_a_value_that_no_state_has():
    exact = table_of(ps.sweep("central-spin", {"N": [1, 2, 5], "gamma_up": [0.2, 3.0]}, moments=4), "x")
    assert compare(exact, exact).unphysical == []


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    data = ps.sweep("central-spin", {"N": [2, 10, 50, 80, 100, 150]}, methods=("exact", "mf", "c2"), kappa="N/16")
    for suffix in (".nc", ".csv", ".parquet"):
        dataset.save(data, folder / f"all{suffix}")
    return folder


def test_second_order_is_worse_than_mean_field_at_large_size(files):
    """P1, Fig. 3(d): at fixed kappa/N the error at second order is not monotonic and exceeds that of mean field at large N."""
    found = compare(read_table("p1-fig3b"), read_table(str(files / "all.nc")))
    (merit,) = [each for each in found.overtakings if each.quantity == "p0_up"]
    assert (merit.worse, merit.better) == ("c2", "mf")
    ((start, stop),) = merit.intervals
    assert 50 < start < 80
    assert math.isnan(stop)
    errors = [abs(found.table[i, "p0_up", "c2"].error) for i in found.used]
    assert errors[0] < max(errors) > errors[-1]


def test_every_format_gives_the_same_judgement(files):
    rows = [compare(read_table("p1-fig3b"), read_table(str(files / f"all{suffix}"))).rows for suffix in (".nc", ".csv", ".parquet")]
    assert repr(rows[0]) == repr(rows[1]) == repr(rows[2])


def foreign(folder, text, name="mine.csv"):
    path = folder / name
    path.write_text(text)
    reference = read_table("p1-fig3b")
    return compare(reference, read_table(str(path), reference.sites))


@pytest.mark.parametrize(
    "text",
    [
        "N,moment,value\n10,p0_up,0.6\n10,-2 +1,0.05\n",
        "# from elsewhere\nN; kappa; moment; value; method\n10; 0.625; p0_up; 0.6; mine\n10; 0.625; +2 -1; 0.05+0.0im; mine\n",
        "N,p0_up,+1 -2\n10,0.6,0.05\n",
        "\ufeffmoment,N,value,imag\np0_up,1e1,0.6,0\n+1 -2,10,0.05,0\n",
    ],
)
def test_anybodys_csv(tmp_path, text):
    found = foreign(tmp_path, text)
    mine = {row.quantity: row for row in found.rows if row.method == "mine"}
    assert set(mine) == {"p0_up", "+1 -2"}
    assert mine["p0_up"].error == pytest.approx(0.6 - 0.612914993686, abs=1e-11)
    assert {row.method for row in found.rows} == {"mine", "mf"}  # the reference's own mean field beside it


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("N,moment,value\n11,z0,0.2\n", "no point of mine.csv is in p1-fig3b"),
        ("N,moment,value\n10,q0,0.2\n", "mine.csv:2: 'q0' is neither a moment label"),
        ("N,moment,value\n10,z0,zero\n", "mine.csv:2: 'zero' is not a number"),
        ("N,moment,value\nten,z0,0\n", "mine.csv:2: 'ten' is not a number"),
        ("N,moment,value\n10,z0\n", "mine.csv:2: 2 cells, but there are 3 columns"),
        ("N,moment,value\n10,z0,0.1\n10,z0,0.2\n", "mine.csv:3: a second value of 'z0'"),
        ("N,moment,number\n10,z0,0.1\n", "columns 'moment' and 'value'"),
        ("N,size\n10,0.1\n", "which column holds the values"),
        ("seed,N,moment,value\n1,10,z0,0.1\n2,10,z0,0.1\n", "'seed' is no parameter"),
        ("moment,value\nz0,0.1\n", "add a column"),
        ("N,moment,value\n", "at least one row"),
        ("N,moment,value\n10,z0,\n", "no value"),
        ("N,N,value\n10,10,1\n", "appears twice"),
    ],
)
def test_mistakes_in_a_csv(tmp_path, text, fragment):
    with pytest.raises(InputError, match=re.escape(fragment)):
        foreign(tmp_path, text)


def test_a_point_that_could_be_several_is_refused(tmp_path):
    dataset.save(ps.sweep("central-spin", {"N": [3], "g": [0.5, 0.7]}), tmp_path / "r.nc")
    (tmp_path / "a.csv").write_text("N,moment,value\n3,z0,0.1\n")
    reference = read_table(str(tmp_path / "r.nc"))
    with pytest.raises(InputError, match="add the column g"):
        compare(reference, read_table(str(tmp_path / "a.csv"), reference.sites))


def test_labels_of_a_csv_are_those_of_the_reference(tmp_path):
    c, a, b = ps.Spin(), Ensemble(2, "A"), Ensemble(3, "B")
    model = ps.Model(
        c, [a, b], 0.4 * (c.p * (a.m + b.m) + c.m * (a.p + b.p)), [ps.Central(0.5, c.m), ps.Individual(1.0, a.p), ps.Individual(1.0, b.m)]
    )
    dataset.save(ps.sweep(lambda x=1.0: model, {"x": [1.0]}), tmp_path / "r.nc")
    (tmp_path / "a.csv").write_text("moment,value\n-2@B +1@A,0.1\n")
    reference = read_table(str(tmp_path / "r.nc"))
    (row,) = compare(reference, read_table(str(tmp_path / "a.csv"), reference.sites)).rows
    assert row.quantity == "+1@A -1@B"


def test_csv_report_holds_every_value(files, tmp_path, capsys):
    assert main(["compare", "p1-fig3b", str(files / "all.nc"), "-o", str(tmp_path / "r.csv")]) == 0
    out = capsys.readouterr().out
    assert "p0_up: c2 is worse than mf for N > " in out
    with (tmp_path / "r.csv").open() as file:
        next(file)
        rows = list(csv.DictReader(file))
    found = compare(read_table("p1-fig3b"), read_table(str(files / "all.nc")))
    assert len(rows) == len(found.rows)
    for written, row in zip(rows, found.rows, strict=True):
        assert complex(float(written["error_real"]), float(written["error_imag"])) == row.error
        assert {name: float(written[name]) for name in found.points[row.point]} == found.points[row.point]


class Page(HTMLParser):
    """What matters in a page: tags that stay open, addresses, texts."""

    VOID = ("meta", "img", "br", "link", "input")

    def __init__(self, text):
        super().__init__()
        self.open, self.addresses, self.tags, self.text = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.addresses += [value for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_page_is_whole_and_loads_nothing(files):
    text = report(compare(read_table("p1-fig3b"), read_table(str(files / "all.nc"))))
    page = Page(text)
    assert page.open == []
    assert page.addresses
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert not re.search(r"@import|url\(|<script|https?://", text)
    assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")
    tables = sum(tag == "table" for tag, _ in page.tags)
    assert sum(tag == "caption" for tag, _ in page.tags) == tables > 2
    assert all(attributes.get("scope") in ("row", "col") for tag, attributes in page.tags if tag == "th")
    assert dict(page.tags)["meta"] is not None
    assert any(attributes.get("name") == "viewport" for tag, attributes in page.tags if tag == "meta")


def test_names_cannot_break_the_page(tmp_path):
    values = {"<script>alert(1)</script>": {"p0_up": {10: 0.5}}}
    text = report(compare(table("<b>&r", EXACT), table('"a"', values)))
    assert "<script>" not in text
    assert "<b>" not in text
    assert Page(text).open == []


CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; Debian's package is called chromium")
def test_the_page_in_a_browser_without_a_network(files, tmp_path):
    page = tmp_path / "r.html"
    assert main(["compare", "p1-fig3b", str(files / "all.nc"), "-o", str(page)]) == 0
    # what the page measures of itself: broken pictures, and whether a narrow screen would have to scroll it sideways
    probe = (
        "<script>const wide = document.documentElement.scrollWidth, all = [...document.images];"
        "document.title = JSON.stringify({wide: wide, inner: innerWidth, pictures: all.length,"
        "broken: all.filter(i => !i.naturalWidth).length,"
        "small: all.filter(i => i.getBoundingClientRect().width < 250).length});</script>"
    )
    page.write_text(page.read_text().replace("</body>", probe + "</body>"))
    for width in (500, 1200):
        done = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND",
             f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--virtual-time-budget=2000", "--dump-dom",
             page.as_uri()],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        measured = dict(re.findall(r'"(\w+)":(\d+)', re.search(r"<title>(.*?)</title>", done.stdout)[1]))
        assert int(measured["inner"]) <= width
        assert int(measured["wide"]) <= int(measured["inner"])
        assert int(measured["pictures"]) >= 2
        assert (measured["broken"], measured["small"]) == ("0", "0")


def test_picture_and_single_points(tmp_path, capsys):
    dataset.save(ps.sweep("central-spin", {}, N=4, methods=("exact", "mf")), tmp_path / "p.nc")
    assert main(["compare", str(tmp_path / "p.nc"), str(tmp_path / "p.nc"), "-o", str(tmp_path / "p.png")]) == 0
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert "methods mf" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["compare"], "compare what"),
        (["compare", "p1-fig3b", "nosuch.csv"], "there is no file 'nosuch.csv'"),
        (["compare", "p1-fig3b", "p1-fig3a", "-o", "x.pdf"], "end its name with .html or .png or .csv"),
    ],
)
def test_mistakes_on_the_command_line(capsys, words, fragment):
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert fragment in err
    assert len(err.splitlines()) == 1
