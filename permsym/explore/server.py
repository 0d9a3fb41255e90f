"""The server of the page: this machine alone, a token, and nothing that the page sends is run.

Every request names this machine in its Host header (a foreign name that leads here is refused: DNS rebinding), and carries the token,
in the address at first and in a cookie from then on.  The socket asks for an Origin that is the page's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hmac
import json
import secrets
import signal
import socket
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tornado.httpserver
import tornado.web
import tornado.websocket

from permsym.errors import InputError, PermsymError
from permsym.explore.lane import Stable
from permsym.explore.request import METHODS, read
from permsym.explore.tab import Tab

HOST = "127.0.0.1"
_PAGE = Path(__file__).parent / "page"
_MOST_TABS = 6  # each has two processes of 150 MB and more
_LONGEST_MESSAGE = 2**16
_ELSEWHERE = "This server answers to 127.0.0.1 and localhost only"
_REFUSED, _FULL = 4403, 4429  # how a socket closes that page and browser are told apart by


@dataclass
class House:
    """What all pages of a server share.

    models   names that the page offers; typed: values of the command line, by model
    """

    token: str
    models: tuple[str, ...]
    typed: Mapping[str, Mapping[str, str]]
    folder: Path
    stable: Stable = field(default_factory=Stable)
    tabs: set[Tab] = field(default_factory=set)
    leaving: set[asyncio.Future[None]] = field(default_factory=set)
    port: int = 0

    @property
    def cookie(self) -> str:
        """Its name: cookies are shared by all ports of a machine."""
        return f"permsym-{self.port}"

    def leave(self, tab: Tab) -> None:
        """A page has closed: end its processes."""
        if tab in self.tabs:
            self.tabs.remove(tab)
            self.leaving.add(closing := asyncio.ensure_future(tab.close()))
            closing.add_done_callback(self.leaving.discard)

    async def close(self) -> None:
        """End all processes."""
        for tab in tuple(self.tabs):
            self.leave(tab)
        await asyncio.gather(*self.leaving)
        await self.stable.close()

    def admits(self, token: str | None) -> bool:
        """Whether this is the token, in a time that does not depend on how much of it is right."""
        return token is not None and hmac.compare_digest(token.encode(), self.token.encode())


class _Guarded(tornado.web.RequestHandler):
    """Host, token, and headers that allow the page nothing but itself."""

    house: House

    def initialize(self, house: House) -> None:
        self.house = house

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")

    def prepare(self) -> None:
        if not is_here(self.request.host):
            raise tornado.web.HTTPError(400, reason=_ELSEWHERE)
        if not (self.house.admits(self.get_query_argument("token", None)) or self.house.admits(self.get_cookie(self.house.cookie))):
            raise tornado.web.HTTPError(403, reason="The token is missing or wrong; open the address that permsym explore printed")

    def write_error(self, status_code: int, **_: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{self._reason}\n")


class _Page(_Guarded):
    """The page and what belongs to it; the token moves from the address into a cookie."""

    def get(self, name: str) -> None:
        file = _FILES.get(name or "index.html")
        if file is None:
            raise tornado.web.HTTPError(404, reason="There is no such page")
        if self.house.admits(self.get_query_argument("token", None)):
            self.set_cookie(self.house.cookie, self.house.token, httponly=True, samesite="Strict")
        self.set_header("Content-Type", file)
        self.finish((_PAGE / (name or "index.html")).read_bytes())


_FILES = {
    "index.html": "text/html; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "favicon.svg": "image/svg+xml",
    **dict.fromkeys(("explore.js", "charts.js", "controls.js", "panels.js"), "text/javascript; charset=utf-8"),
}
"""Files of the page, and what they are."""


class _Saved(_Guarded):
    """A dataset that a page asked to save, once."""

    def get(self, name: str) -> None:
        path = self.house.folder / f"{name}.nc"
        if not path.is_file():
            raise tornado.web.HTTPError(404, reason="This file is not there any more; save it again")
        self.set_header("Content-Type", "application/x-netcdf")
        self.set_header("Content-Disposition", 'attachment; filename="explore.nc"')
        content = path.read_bytes()
        path.unlink()
        self.finish(content)


class _Socket(tornado.websocket.WebSocketHandler):
    """One page: its questions come in, answers go out."""

    def initialize(self, house: House) -> None:
        self.house = house
        self.tab: Tab | None = None
        self._turn = asyncio.Lock()

    def prepare(self) -> None:
        if not is_here(self.request.host):
            raise tornado.web.HTTPError(400, reason=_ELSEWHERE)

    def check_origin(self, origin: str) -> bool:
        return urlsplit(origin).netloc == self.request.host

    async def open(self, *_: str) -> None:
        token = self.get_query_argument("token", None) or self.get_cookie(self.house.cookie)
        if not self.house.admits(token):
            self.close(_REFUSED, "the token is missing or wrong")  # a refusal before accepting looks like a lost connection
            return
        if len(self.house.tabs) >= _MOST_TABS:
            self.close(_FULL, f"{_MOST_TABS} pages are open; close one")
            return
        self.tab = Tab(self.house.stable, self._send, self.house.typed)
        self.house.tabs.add(self.tab)
        self._send({"part": "welcome", "models": self.house.models, "styles": _styles(), "methods": METHODS})

    async def on_message(self, message: str | bytes) -> None:
        if self.tab is None:
            return
        async with self._turn:
            try:
                await self._take(self.tab, message)
            except PermsymError as error:
                self._send({"part": "mistake", "error": str(error), "parameter": getattr(error, "parameter", None)})

    async def _take(self, tab: Tab, message: str | bytes) -> None:
        """A question: "model NAME", "save PANEL", or a position of the sliders."""
        text = message if isinstance(message, str) else message.decode("utf-8", "replace")
        word, _, rest = text.partition(" ")
        if word == "model" and rest in self.house.models:
            await tab.describe(rest)
        elif word == "save":
            name = secrets.token_hex(8)
            points = await tab.save(rest, str(self.house.folder / f"{name}.nc"))
            self._send({"part": "saved", "panel": rest, "address": f"saved/{name}", "points": points})
        else:
            await tab.stop()  # whatever is asked now, the last question is no longer
            await tab.ask(read(text, self.house.models))

    def _send(self, message: Mapping[str, Any]) -> None:
        with contextlib.suppress(tornado.websocket.WebSocketClosedError):
            self.write_message(json.dumps(message))

    def on_close(self) -> None:
        if self.tab is not None:
            self.house.leave(self.tab)


def is_here(host: str) -> bool:
    """Whether a Host header names this machine; the port is another one where a tunnel leads here."""
    try:
        return "@" not in host and urlsplit(f"//{host}").hostname in (HOST, "localhost")
    except ValueError:
        return False


def _styles() -> dict[str, dict[str, Any]]:
    """Colour, dashes and label of each method, as in all pictures."""
    from permsym.plot import METHODS as looks

    dashes: dict[Any, list[float]] = {"-": [], "none": [], "--": [6, 4], "-.": [7, 3, 1.5, 3], ":": [1.5, 3]}
    styles = {}
    for name in ("exact", *METHODS):
        line = looks[name].get("linestyle", "-")
        pattern = dashes[line] if isinstance(line, str) else [1.5 * length for length in line[1]]
        styles[name] = {"color": looks[name]["color"], "dash": pattern, "label": looks[name]["label"]}
    return styles


def application(house: House) -> tornado.web.Application:
    """All routes."""
    shared = {"house": house}
    return tornado.web.Application(
        [
            (r"/socket", _Socket, shared),
            (r"/saved/([0-9a-f]{16})", _Saved, shared),
            (r"/([a-z.]*)", _Page, shared),
        ],
        default_handler_class=_Nothing,
        default_handler_args=shared,
        websocket_max_message_size=_LONGEST_MESSAGE,
        websocket_ping_interval=20,
        log_function=lambda handler: None,
    )


class _Nothing(_Guarded):
    def get(self) -> None:
        raise tornado.web.HTTPError(404, reason="There is no such page")


def listening(port: int) -> socket.socket:
    """A socket on this machine; InputError where the port is taken.  Port 0: any that is free."""
    try:
        server = socket.create_server((HOST, port))
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is taken by another program" if error.errno == errno.EADDRINUSE else "is one that only the system's administrator may use"
        raise InputError(f"port {port} {why}; give another with --port, or leave it out for any free one", parameter="port") from None
    server.setblocking(False)
    return server


async def serve(
    listener: socket.socket,
    models: tuple[str, ...],
    typed: Mapping[str, Mapping[str, str]],
    ready: Callable[[str], None],
) -> None:
    """Serve until an interrupt or SIGTERM; then end every process.

    ready   called with the address of the page, once it answers
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="permsym-explore-") as folder:
        house = House(secrets.token_urlsafe(24), models, typed, Path(folder), port=listener.getsockname()[1])
        server = tornado.httpserver.HTTPServer(application(house))
        server.add_sockets([listener])
        ready(f"http://{HOST}:{house.port}/?token={house.token}")
        await stop.wait()
        server.stop()
        await house.close()
