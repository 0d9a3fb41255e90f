"""``permsym explore``: a live page in the browser."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys

from permsym.cli import words
from permsym.errors import InputError


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    explore = commands.add_parser(
        "explore",
        description="A live page in the browser: sliders, exact values beside approximations, curves, pictures. Ctrl-C ends it.",
    )
    words.add_model(explore)
    explore.add_argument("--port", default="0", metavar="P", help="port on 127.0.0.1 (default: any that is free)")
    explore.add_argument("--no-browser", action="store_true", help="print the address only")
    explore.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if importlib.util.find_spec("tornado") is None:
        raise InputError("permsym explore needs the package tornado; install it with: pip install 'permsym[explore]'")
    import asyncio

    from permsym.explore.server import listening, serve
    from permsym.models import lookup, names

    name, parameters = words.model_words(options)
    if name is None and parameters:
        raise InputError(f"which model has {next(iter(parameters))}? name one before it, such as permsym explore tavis-cummings N=8")
    library = names()
    first = library[0] if name is None else name
    for parameter in parameters:
        lookup(first).check(parameter)
    lookup(first)
    typed = {first: {parameter: str(value) for parameter, value in parameters.items()}}
    listener = listening(_port(options.port))
    models = tuple(dict.fromkeys([first, *library]))
    asyncio.run(serve(listener, models, typed, lambda address: _announce(address, options.no_browser)))
    print("permsym: the page is closed, nothing runs any more", file=sys.stderr)
    return 0


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) < 65536):
        raise InputError(f"--port must be a number from 0 to 65535, but is {text!r}")
    return int(text)


def _announce(address: str, quiet: bool) -> None:
    """Print the address, and open a browser where there is one to be seen."""
    print(address, flush=True)
    if os.environ.get("SSH_CONNECTION"):
        port = address.split(":")[2].partition("/")[0]
        print(f"permsym: from your own machine: ssh -L {port}:127.0.0.1:{port} HOST, then open this address there", file=sys.stderr)
    elif not quiet:
        import webbrowser

        webbrowser.open(address)
