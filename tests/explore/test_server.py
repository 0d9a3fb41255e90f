"""The server: token, Host, Origin, and what it says to messages that make no sense."""

import asyncio
import re

import pytest
from explore.pages import MODELS, served
from tornado.httpclient import AsyncHTTPClient

from permsym.cli import main
from permsym.explore.server import is_here, listening


async def fetched(house, path, host=None, cookie=None):
    headers = {"Host": host or f"127.0.0.1:{house.port}"} | ({"Cookie": cookie} if cookie else {})
    return await AsyncHTTPClient().fetch(f"http://127.0.0.1:{house.port}{path}", headers=headers, raise_error=False)


def test_the_page_needs_the_token_and_loads_nothing_from_elsewhere(tmp_path):
    async def tried():
        async with served(tmp_path) as (house, _):
            page = await fetched(house, "/?token=a-token")
            cookie = page.headers["Set-Cookie"].partition(";")[0]
            names = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
            files = [await fetched(house, f"/{name}", cookie=cookie) for name in names]
            codes = [(await fetched(house, path, **more)).code for path, more in REFUSED]
            return page, names, files, codes

    page, names, files, codes = asyncio.run(tried())
    assert page.code == 200
    assert "HttpOnly" in page.headers["Set-Cookie"]
    assert "SameSite=Strict" in page.headers["Set-Cookie"]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert sorted(names) == ["explore.js", "favicon.svg", "style.css"]
    assert [file.code for file in files] == [200] * 3
    assert codes == [403, 403, 403, 400, 404, 404, 404]


REFUSED = [
    ("/", {}),
    ("/?token=b-token", {}),
    ("/explore.js", {}),
    ("/?token=a-token", {"host": "evil.example"}),
    ("/nothing?token=a-token", {}),
    ("/../server.py?token=a-token", {}),
    ("/saved/0123456789abcdef?token=a-token", {}),
]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:80", "localhost:9000", "evil.example", "127.0.0.1.evil.example", "x@127.0.0.1:1", "", "[::1"]
)
def test_hosts(host):
    assert is_here(host) == (host in ("127.0.0.1", "127.0.0.1:80", "localhost:9000"))


def test_the_socket_needs_token_and_origin_and_answers_nonsense_in_words(tmp_path):
    async def tried():
        async with served(tmp_path) as (house, connect):
            here = f"127.0.0.1:{house.port}"
            foreign = await handshake(house, here, "http://evil.example")
            elsewhere = await handshake(house, "evil.example", "http://evil.example")
            none = await handshake(house, here, f"http://127.0.0.1:{house.port + 1}")
            refused = await connect(token="b-token")
            nothing = await refused.read()
            client = await connect()
            welcome = await client.next("welcome")
            for text in ("{}", "model ../x", "save values", "x" * 1000):
                await client.socket.write_message(text)
            mistakes = [await client.next("mistake") for _ in range(4)]
            before = len(house.tabs)
            await client.close()
            while house.tabs:
                await asyncio.sleep(0.01)
            return [foreign, elsewhere, none], nothing, refused.socket.close_code, welcome, mistakes, before

    codes, nothing, code, welcome, mistakes, before = asyncio.run(tried())
    assert codes == [403, 400, 403]
    assert (nothing, code, before) == (None, 4403, 1)
    assert welcome["models"] == list(MODELS)
    assert welcome["styles"]["c2"]["color"] == "#D55E00"
    assert "nothing to save" in mistakes[2]["error"]
    assert all(mistake["error"] for mistake in mistakes)


async def handshake(house, host, origin):
    """The answer to a browser's attempt to open the socket from a page of that origin."""
    headers = {"Host": host, "Origin": origin, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    headers["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    address = f"http://127.0.0.1:{house.port}/socket?token=a-token"
    return (await AsyncHTTPClient().fetch(address, headers=headers, raise_error=False)).code


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--port", "x"], "--port must be a number"),
        (["nothing"], "there is no model 'nothing'"),
        (["central-spin", "M=3"], "has no parameter 'M'"),
        (["N=3"], "which model has N?"),
    ],
)
def test_a_wrong_command_is_one_line(words, says, capsys):
    assert main(["explore", *words]) == 1
    assert says in capsys.readouterr().err


def test_a_port_that_is_taken_and_a_missing_package_are_one_line(capsys, monkeypatch):
    with listening(0) as taken:
        assert main(["explore", "--port", str(taken.getsockname()[1])]) == 1
    assert "is taken by another program; give another with --port" in capsys.readouterr().err
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["explore"]) == 1
    assert "pip install 'permsym[explore]'" in capsys.readouterr().err
