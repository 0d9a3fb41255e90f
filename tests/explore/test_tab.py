"""What a page asks for is computed, in processes that end when it asks for something else, or closes."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from explore.pages import Client, served
from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import websocket_connect

import permsym as ps

pytestmark = [pytest.mark.slow, pytest.mark.serial]


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_values_curve_and_dataset_are_those_of_a_sweep(tmp_path):
    """Through the socket of a page: the numbers are ps.sweep's to the last bit, and the file computes again."""

    async def tried():
        async with served(tmp_path) as (house, connect):
            client = await connect()
            curve = {"over": "g", "from": "0.5", "to": "1"}
            await client.ask("central-spin", {"N": "6", "kappa": "N/16"}, methods=["mf", "c2"], curve=curve, quantity="p0_up")
            messages = await client.all()
            await client.socket.write_message("save curve")
            saved = await client.next("saved")
            address = f"http://127.0.0.1:{house.port}/{saved['address']}?token=a-token"
            (tmp_path / "explore.nc").write_bytes((await AsyncHTTPClient().fetch(address)).body)
            return messages, saved

    messages, saved = asyncio.run(tried())
    assert not [message for message in messages if "error" in message]
    values = {message["method"]: message["point"] for message in messages if message["part"] == "values"}
    alone = ps.sweep("central-spin", {}, methods=["exact", "mf", "c2"], N=6, kappa="N/16")
    for method in ("exact", "mf", "c2"):
        assert values[method]["derived"]["p0_up"] == float(alone["p0_up"].sel(approach=method))
    assert values["exact"]["status"] == "ok"
    pictures = next(message for message in messages if message["part"] == "pictures")["pictures"]
    assert [picture["title"] for picture in pictures] == ["Collective spin P(j, m)", "Husimi function of the spins"]
    np.testing.assert_allclose(np.sum(pictures[0]["rows"]), 1, atol=1e-3)
    data = ps.open_dataset(tmp_path / "explore.nc")
    assert data.sizes["g"] == 17
    assert saved["points"] == 3 * 17
    script = next(message for message in reversed(messages) if message["part"] == "texts")["texts"]["curve"]["python"]
    names = {}
    exec(script.replace("print(data)", ""), names)
    np.testing.assert_array_equal(names["data"]["p0_up"], data["p0_up"])


def test_a_moved_slider_ends_the_work_and_a_closed_page_its_processes(tmp_path):
    async def tried():
        async with served(tmp_path) as (house, connect):
            client = await connect()
            await client.ask("central-spin", {"N": "4"}, 1)
            await client.next("done", number=1)
            (tab,) = house.tabs
            first = tab._exact._worker.process.pid
            await client.ask("central-spin", {"N": "220"}, 2, compute=True)  # half a minute
            await client.next("plan", number=2)
            await client.ask("central-spin", {"N": "5"}, 3)
            started = asyncio.get_running_loop().time()
            answer = await client.next("values", number=3)
            waited = asyncio.get_running_loop().time() - started
            second = tab._exact._worker.process.pid
            other = await connect()
            await other.next("welcome")
            await client.close()
            while len(house.tabs) > 1 or alive(second):
                await asyncio.sleep(0.02)
            await other.ask("central-spin", {"N": "3"})
            await other.next("done")
            return answer, first, second, waited, alive(first)

    answer, first, second, waited, still = asyncio.run(tried())
    assert answer["point"]["parameters"]["N"] == 5
    assert first != second
    assert not still
    assert waited < 10


def test_large_systems_wait_to_be_asked_for_and_show_a_preview(tmp_path):
    async def tried():
        async with served(tmp_path) as (_, connect):
            client = await connect()
            await client.ask("tavis-cummings", {"N": "300", "gamma_phi": "0.1"}, curve={"over": "N", "from": "2", "to": "300"})
            plan, preview = await client.next("plan"), await client.next("preview")
            left_out = await client.next("curve", method="exact", x=300)
            return plan, preview, left_out

    plan, preview, left_out = asyncio.run(tried())
    assert not plan["ready"]
    assert plan["seconds"] > 2
    assert preview["size"] < 300
    assert preview["point"]["parameters"]["N"] == preview["size"]
    assert left_out["error"].startswith("left out: it takes")


def test_mistakes_are_said_in_their_place_and_lost_processes_are_replaced(tmp_path):
    async def tried():
        async with served(tmp_path) as (house, connect):
            client = await connect()
            await client.ask("central-spin", {"N": "4", "kappa": "-1"}, 1)
            rate = await client.next("checked", number=1)
            await client.ask("central-spin", {"N": "4", "g": "__import__('os')"}, 2)
            code = await client.next("checked", number=2)
            await client.ask("central-spin", {"N": "4"}, 3, evolution={"initial": "sideways", "times": "0:1:2"})
            start = await client.next("checked", number=3, panel="evolution")
            await client.next("values", number=3, method="exact")  # which goes on
            await client.ask("central-spin", {"N": "200"}, 4, compute=True)
            await client.next("plan", number=4)
            (tab,) = house.tabs
            os.kill(tab._exact._worker.process.pid, signal.SIGKILL)
            lost = await client.next("values", number=4)
            await client.ask("central-spin", {"N": "4"}, 5)
            return rate, code, start, lost, await client.next("values", number=5)

    rate, code, start, lost, last = asyncio.run(tried())
    assert rate["parameter"] == "kappa"
    assert "rate >= 0" in rate["error"]
    assert "error" in code
    assert "sideways" in start["error"]
    assert "ended from outside (signal 9" in lost["error"]
    assert last["point"]["status"] == "ok"


def test_spectrum_and_evolution(tmp_path):
    async def tried():
        async with served(tmp_path) as (_, connect):
            client = await connect()
            more = {
                "spectrum": {"grid": "-3:3:12", "of": "", "right": ""},
                "evolution": {"initial": "fock=1 down", "times": "0:2:4"},
                "methods": ["c2"],
            }
            await client.ask("tavis-cummings", {"N": "3", "levels": "12"}, **more)
            return {(message["part"], message["method"]): message["point"] for message in await client.all() if "point" in message}

    points = asyncio.run(tried())
    model = ps.models.tavis_cummings(N=3, levels=12)
    exact = ps.evolve(model, np.linspace(0, 2, 5), initial="fock=1 down")
    photons = points["evolution", "exact"]["series"]["derived"]["photons"]
    np.testing.assert_allclose(photons, exact.derived["photons"], atol=1e-8)
    assert points["evolution", "c2"]["series"]["derived"]["photons"][0] == pytest.approx(1)
    spectrum = points["spectrum", "exact"]["spectrum"]
    np.testing.assert_allclose(spectrum["y"], ps.spectrum(model, np.linspace(-3, 3, 13)).power, atol=1e-8)
    assert np.max(spectrum["errors"]) < 1e-6


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="children are listed by Linux")
def test_a_killed_server_leaves_no_process_behind():
    command = [sys.executable, "-m", "permsym", "explore", "central-spin", "--no-browser", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    async def tried():
        address = server.stdout.readline().strip().replace("http", "ws").replace("/?", "/socket?")
        client = Client(await websocket_connect(address))
        await client.ask("central-spin", {"N": "220"}, compute=True)  # half a minute
        await client.next("plan")
        workers = children(server.pid)
        server.kill()
        server.wait()
        while any(map(alive, workers)):
            await asyncio.sleep(0.02)
        await client.close()
        return workers

    with server.stdout:
        assert len(asyncio.run(asyncio.wait_for(tried(), 60))) >= 2
