"""The page in a real Chromium: what a person does and sees.  Skipped where there is none."""

import asyncio
import re
import signal
import subprocess
import sys

import pytest
from explore.browser import CHROMIUM, chromium

pytestmark = [pytest.mark.slow, pytest.mark.serial, pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")]

EXACT = 'document.querySelector(\'tr.exact[data-old="no"][data-status="ok"] td:nth-child(2)\')?.firstChild?.textContent'
DONE = "document.body.dataset.state === 'done'"


def test_a_person_moves_sliders_reads_copies_and_closes():
    command = [sys.executable, "-m", "permsym", "explore", "tavis-cummings", "N=4", "--no-browser"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        asyncio.run(looked(server.stdout.readline().strip()))
    finally:
        server.send_signal(signal.SIGINT)
        _, err = server.communicate(timeout=20)
    assert server.returncode == 0
    assert err == "permsym: the page is closed, nothing runs any more\n"


async def looked(address):
    async with chromium() as tab:
        page = await tab()
        await page.open(address)
        first = await page.until(EXACT)
        for width in (1280, 800):
            await page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
            assert await page.run("document.documentElement.scrollWidth") <= width
        for k in range(20):  # as a drag does
            await page.type("#sliders .row:nth-child(4) input[type=range]", str(50 + 5 * k))
        await page.until("document.querySelector('tr.exact').dataset.old === 'yes'")
        assert await page.until(EXACT) != first
        await page.type("#parameter-kappa", "-1")
        await page.until("document.querySelector('#parameter-kappa[aria-invalid=true]')?.parentNode.innerText.includes('rate >= 0')")
        await page.type("#parameter-kappa", "")
        await page.until(f"{DONE} && Number(document.querySelector('#curve .chart').dataset.points) > 80")
        command = await page.run("document.querySelector('#values pre[data-kind=command]').textContent")
        assert re.match(r"permsym solve tavis-cummings N=4 g=\S+\npermsym cumulants", command)
        titles = await page.run("[...document.querySelectorAll('figure h3')].map((each) => each.textContent).join()")
        assert titles.startswith("Photon distribution P(n),Wigner function,Husimi function,Collective spin P(j, m)")
        unnamed = "[...document.querySelectorAll('input,select')].filter((each) => !each.labels.length && !each.ariaLabel).length"
        assert await page.run(unnamed) == 0
        assert all(re.match(r"(http|ws)://127\.0\.0\.1:\d+/|data:", url) for url in page.addresses), page.addresses
        assert page.complaints == []
