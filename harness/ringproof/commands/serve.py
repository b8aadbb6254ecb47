"""``ringproof serve``: the stand-in platform, for a person or another program."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ringproof import exit_codes
from ringproof.commands.errors import Stop, UsageStop
from ringproof.commands.output import say, write_json
from ringproof.commands.parameters import Flag
from ringproof.commands.reach import named_publicly

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server
    from ringproof_fakeserver.config import Config


SIP_PORT = 5060
LARGEST_PORT = 65_535
ONLINE_DELAY_MAX_MS = 60_000
SIGNING_KEY_VARIABLE = "RINGPROOF_SIGNING_KEY"

SigningKey = Annotated[str | None, Parameter(env_var=SIGNING_KEY_VARIABLE, show_default=False)]


def serve(
    *,
    host: str = "127.0.0.1",
    public_name: Annotated[str | None, Parameter(show_default=False)] = None,
    port: int = 8443,
    http_port: int = 8080,
    sip: Annotated[int | bool, Parameter(negative="", show_default=False)] = False,
    project: str | None = None,
    token: str | None = None,
    media: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    sdk: str = "",
    signing_key: SigningKey = None,
    strict: Flag = False,
    script_requests: Flag = False,
    online_delay: int = 0,
    json: Flag = False,
) -> int:
    """Run the stand-in platform until Ctrl-C; prints what to paste.

    Parameters
    ----------
    host
        Address to bind; `0.0.0.0` and `::` are all of this machine. Anybody who reaches it can
        place calls. Media uses free UDP ports at all addresses, STUN one at the address bound.
    public_name
        DNS name of this machine for clients on others. The browser SDK puts `fabric.` before it:
        both must lead here, as in a file of hosts: `10.0.0.5 ringproof.example
        fabric.ringproof.example`. Without it, tokens lead each client to its own machine.
    port
        Port for REST, WebSocket and pages over TLS; 0 takes a free one.
    http_port
        Port for REST over plain HTTP; 0 takes a free one.
    sip
        Let SIP softphones log in and call, at this port (0: a free one); without a number at 5060.
    project
        Project id of Basic auth; by default a new one.
    token
        API token of Basic auth; by default a new one.
    media
        `URL=FILE`: the local file that SWML `play` plays for that URL; may be repeated.
    sdk
        For the demo page: a version of @signalwire/js, fetched through npm once, or a folder.
    signing_key
        Key that signs callbacks and script fetches, as your SignalWire project's does; by default
        nothing signs them. On a shared machine set the variable: others can read command lines.
    strict
        Take dials only from the project's number, +15550100001. By default anybody may call.
    script_requests
        Let SWML scripts send HTTP requests (the verb `request`), to whatever URL they name.
    online_delay
        Answer `subscriber.online` after so many ms, at most 60,000; clients ring from then on.
    json
        Once everything is ready, print one line of JSON for other programs, and nothing else.
    """
    return _run(
        json=json,
        host=host,
        public_name=named_publicly(public_name),
        port=port,
        http_port=http_port,
        sip_port=_sip_port(sip),
        project=project,
        api_token=token,
        media_files=dict(_media_file(pair) for pair in media),
        mounts=_sdk(sdk),
        signing_key=signing_key or None,
        strict_origins=strict,
        script_requests=script_requests,
        online_delay_ms=_online_delay(online_delay),
    )


def _run(*, json: bool, **settings: Any) -> int:  # noqa: ANN401 - fields of ``Config``
    """Serve with these settings of ``Config``."""
    from ringproof_fakeserver.config import Config

    return asyncio.run(_serve(Config(**settings), json=json))


def _sip_port(sip: bool | int) -> int | None:
    """Return the port of SIP; None for none. ``sip`` is the value of ``--sip``."""
    if isinstance(sip, bool):
        return SIP_PORT if sip else None
    if not 0 <= sip <= LARGEST_PORT:
        raise UsageStop(f"--sip {sip}: give a port from 0 to {LARGEST_PORT}")
    return sip


def _online_delay(delay_ms: int) -> int:
    if not 0 <= delay_ms <= ONLINE_DELAY_MAX_MS:
        raise UsageStop(f"--online-delay {delay_ms}: give 0 to {ONLINE_DELAY_MAX_MS} ms")
    return delay_ms


def _sdk(choice: str) -> dict[str, Path]:
    """Find the SDK for the demo page; without one, serve the rest, unless the SDK was named."""
    from ringproof.adapters import npm

    try:
        return npm.mounts(npm.find(choice))
    except npm.PackageError as error:
        if choice:
            raise UsageStop(f"--sdk {choice}: {error}") from error
        say(f"the demo page will have no SDK: {error}", file=sys.stderr, flush=True)
        return {}


def _media_file(pair: str) -> tuple[str, Path]:
    url, sign, file = pair.rpartition("=")
    if not sign or "://" not in url:
        raise UsageStop(
            f"--media {pair!r}: give URL=FILE, as https://example.com/clip.mp4=clip.mp4"
        )
    path = Path(file).expanduser()
    if not path.is_file():
        raise UsageStop(f"--media {pair!r}: there is no file {path}")
    return url, path


async def _serve(config: Config, *, json: bool) -> int:
    from ringproof_fakeserver.app import Server
    from ringproof_fakeserver.tls import CertificateError

    stopping = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    try:
        async with Server(config) as server:
            write_json(as_json(server).encode() + b"\n") if json else say(paste(server))
            sys.stdout.flush()
            await stopping.wait()
            if not json:
                say("stopping", flush=True)
    except CertificateError as error:
        raise Stop(str(error)) from error
    except OSError as error:
        raise Stop(f"cannot listen: {error}; choose other ports") from error
    return exit_codes.AS_EXPECTED


def paste(server: Server) -> str:
    """Return credentials, and lines to paste into a shell."""
    curl = (
        f"curl --cacert {server.ca_file} -u {server.project}:{server.api_token} "
        "-H 'Content-Type: application/json'"
    )
    token = f'{curl} {server.origin}/api/fabric/subscribers/tokens -d \'{{"reference":"bob"}}\''
    dial = (
        '{"command":"dial","params":{"from":"/private/alice","from_name":"Alice",'
        '"to":"/private/bob?channel=video","swml":{"version":"1.0.0","sections":{"main":'
        '[{"answer":{}},{"play":{"url":"https://cdn.signalwire.com/swml/audio.mp3"}}]}}}}'
    )
    return f"""\
serving {server.origin} (also {server.space_url}, and {server.http_url} without TLS)

  project    {server.project}
  API token  {server.api_token}
  CA file    {server.ca_file}
  demo page  {server.origin}/demo
{_softphones(server)}
issue a token for bob, then call him:

  {token}

  {curl} {server.origin}/api/calling/calls -d '{dial}'

Ctrl-C stops."""


def _softphones(server: Server) -> str:
    """Return the line about SIP; empty where there is none."""
    if server.sip_address is None:
        return ""
    host, port = server.sip_address
    return (
        f"  SIP        sip:{host}:{port}, UDP and TCP; docs/sip.md says how a softphone logs in\n"
    )


def as_json(server: Server) -> str:
    """Return the same for a program, and how to start a Chromium that reaches the stand-in.

    ``sdk`` is the folder of the browser SDK, null without one; ``chromium.executable`` is null
    where only a browser of Playwright's own may be there.
    """
    import msgspec

    from ringproof.adapters import chromium, npm
    from ringproof.adapters.protocol import AdapterError

    try:
        executable = chromium.executable()
    except AdapterError:
        executable = None
    sdk = server.config.mounts.get(npm.PREFIX)
    fields = {
        "origin": server.origin,
        "space_url": server.space_url,
        "http_url": server.http_url,
        "project": server.project,
        "api_token": server.api_token,
        "ca_file": str(server.ca_file),
        "demo": f"{server.origin}/demo",
        "sip": None if server.sip_address is None else list(server.sip_address),
        "sdk": None if sdk is None else str(sdk),
        "chromium": {
            "executable": executable,
            "args": _chromium_arguments(server),
        },
    }
    return msgspec.json.encode(fields).decode()


def _chromium_arguments(server: Server) -> list[str]:
    from ringproof.adapters import chromium

    names, port = server.names, int(server.origin.rpartition(":")[2])
    if names.address == chromium.LOOPBACK and names.public_name is None:
        return chromium.arguments(port)
    own = dict.fromkeys(filter(None, (names.fabric_host, names.public_name)))
    return chromium.arguments(port, names.address, tuple(own))
