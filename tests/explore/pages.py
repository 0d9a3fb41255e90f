"""A server in this process, and a client that talks to it as a page does."""

import asyncio
import json
from contextlib import asynccontextmanager

from tornado.httpclient import HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.websocket import websocket_connect

from permsym.explore.server import House, application, listening

MODELS = ("central-spin", "tavis-cummings")


class Client:
    """The socket of one page."""

    def __init__(self, socket):
        self.socket, self.closed = socket, False

    async def read(self, seconds=60):
        """The next message; None once the socket is closed."""
        text = None if self.closed else await asyncio.wait_for(self.socket.read_message(), seconds)
        self.closed = text is None
        return text

    async def next(self, part=None, seconds=60, **wanted):
        """The next message of a part that has these entries."""
        while True:
            text = await self.read(seconds)
            assert text is not None, "the socket is closed"
            message = json.loads(text)
            if part in (None, message["part"]) and wanted.items() <= message.items():
                return message

    async def close(self):
        """Close it, and wait for the server to do so."""
        self.socket.close()
        while await self.read() is not None:
            pass

    async def all(self, seconds=60):
        """All messages until the work is done."""
        messages = [await self.next(seconds=seconds)]
        while messages[-1]["part"] != "done":
            messages.append(await self.next(seconds=seconds))
        return messages

    async def ask(self, model, parameters, number=1, **more):
        question = {"number": number, "model": model, "parameters": parameters, "methods": [], "curve": None, "quantity": ""}
        await self.socket.write_message(json.dumps(question | {"spectrum": None, "evolution": None, "compute": False} | more))


@asynccontextmanager
async def served(folder):
    """A server; yields its house and a function that opens a socket."""
    listener = listening(0)
    house = House("a-token", MODELS, {}, folder, port=listener.getsockname()[1])
    server = HTTPServer(application(house))
    server.add_sockets([listener])
    clients = []

    async def opened(**headers):
        clients.append(await connected(house, **headers))
        return clients[-1]

    try:
        yield house, opened
    finally:
        server.stop()
        for client in clients:
            await client.close()
        await house.close()
        await server.close_all_connections()


async def connected(house, token="a-token"):
    here = f"127.0.0.1:{house.port}"
    request = HTTPRequest(f"ws://{here}/socket?token={token}", headers={"Origin": f"http://{here}"})
    return Client(await websocket_connect(request))
