"""A real browser, driven through Chromium's own protocol: no package is needed but the one the server needs, too."""

import asyncio
import base64
import json
import shutil
import subprocess
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

from tornado.websocket import websocket_connect

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--remote-debugging-port=0", "--hide-scrollbars"),
]


class Page:
    """One tab: what it asked the network for, what its console said, and JavaScript run in it."""

    def __init__(self, socket):
        self.socket, self.answers, self.addresses, self.complaints = socket, {}, [], []
        self.number = 0
        self.reading = asyncio.ensure_future(self._read())

    async def _read(self):
        while (text := await self.socket.read_message()) is not None:
            message = json.loads(text)
            if "id" in message:
                self.answers.pop(message["id"]).set_result(message)
            match message.get("method"):
                case "Network.requestWillBeSent":
                    self.addresses.append(message["params"]["request"]["url"])
                case "Network.webSocketCreated":
                    self.addresses.append(message["params"]["url"])
                case "Runtime.exceptionThrown" | "Log.entryAdded":
                    self.complaints.append(json.dumps(message["params"])[:400])

    async def call(self, method, **params):
        self.number += 1
        answer = self.answers[self.number] = asyncio.get_running_loop().create_future()
        await self.socket.write_message(json.dumps({"id": self.number, "method": method, "params": params}))
        message = await asyncio.wait_for(answer, 30)
        assert "error" not in message, message
        return message["result"]

    async def open(self, address, width=1280, height=900):
        for domain in ("Page", "Network", "Runtime", "Log"):
            await self.call(f"{domain}.enable")
        await self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        await self.call("Page.navigate", url=address)

    async def run(self, script):
        result = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def until(self, script, seconds=60):
        """What a condition gives once it holds."""
        for _ in range(int(seconds / 0.05)):
            if value := await self.run(script):
                return value
            await asyncio.sleep(0.05)
        state = await self.run("document.body.innerText")
        raise AssertionError(f"not within {seconds} s: {script}\n{state}\n{self.complaints}")

    async def type(self, selector, text):
        """Set a field or a slider as a hand does."""
        events = "node.dispatchEvent(new Event('input', {bubbles: true})); node.dispatchEvent(new Event('change', {bubbles: true}))"
        await self.run(f"{{const node = document.querySelector({selector!r}); node.value = {text!r}; {events}}}")

    async def click(self, selector):
        await self.run(f"document.querySelector({selector!r}).click()")

    async def picture(self, path, whole=True):
        shot = await self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(shot["data"]))


@asynccontextmanager
async def chromium():
    """A browser; yields a function that opens an empty tab."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen([CHROMIUM, *FLAGS, f"--user-data-dir={folder}", "about:blank"], stderr=subprocess.DEVNULL)
        sockets = []
        try:
            port = await _port(Path(folder) / "DevToolsActivePort")
            yield lambda: _tab(*port, sockets)
        finally:
            for socket in sockets:
                socket.close()
            await asyncio.sleep(0.1)
            process.terminate()
            process.wait(20)


async def _port(file):
    for _ in range(400):
        if file.is_file() and len(lines := file.read_text().splitlines()) == 2:
            return lines
        await asyncio.sleep(0.05)
    raise AssertionError("chromium does not start")


async def _tab(port, path, sockets):
    sockets.append(browser := await websocket_connect(f"ws://127.0.0.1:{port}{path}"))
    await browser.write_message(json.dumps({"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank", "newWindow": True}}))
    while "result" not in (message := json.loads(await browser.read_message())):
        pass
    address = f"ws://127.0.0.1:{port}/devtools/page/{message['result']['targetId']}"
    sockets.append(socket := await websocket_connect(address, max_message_size=2**28))
    return Page(socket)
