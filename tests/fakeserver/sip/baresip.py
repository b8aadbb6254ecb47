"""baresip, a SIP softphone that is not ours, driven over its control socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import struct
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.fakeserver.sip.peer import started
from tests.fakeserver.sip.stage import PASSWORD
from tests.fakeserver.wire_client import WAIT_S
from tests.ports import HOST, claimed_ports

CONFIG = """\
sip_listen {host}:{sip}
rtp_ports {rtp}-{rtp_end}
audio_source aufile,{tone}
audio_player aubridge,nobody
audio_alert aubridge,nobody
ctrl_tcp_listen {host}:{control}
module_path {modules}
module g711.so
module aubridge.so
module aufile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
"""
"""What it says is a file, and what it hears is dropped."""
RATE_HZ = 8_000
TONE_HZ = 1_200
TONE_S = 60
CONTROL = 2
"""Which of its ports is that of the control socket."""

MODULES = Path("/usr/lib/baresip/modules")


class Baresip:
    """A running softphone that is logged in."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, log: Path
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._log = log

    async def command(self, name: str, params: str = "") -> None:
        """Give a command."""
        text = json.dumps({"command": name, "params": params})
        self._writer.write(f"{len(text)}:{text},".encode())
        await self._writer.drain()

    async def event(self, kind: str) -> None:
        """Wait for the next event of this kind; what was said is shown where it never comes."""
        try:
            async with asyncio.timeout(WAIT_S):
                while (await self._message()).get("type") != kind:
                    pass
        except TimeoutError as error:
            said = self._log.read_text(errors="replace")[-8_000:]
            raise AssertionError(f"no {kind}: {said}") from error

    async def _message(self) -> dict[str, Any]:
        length = int((await self._reader.readuntil(b":"))[:-1])
        data = await self._reader.readexactly(length + 1)
        message: dict[str, Any] = json.loads(data[:-1])
        return message


@contextlib.asynccontextmanager
async def baresip(address: tuple[str, int], folder: Path) -> AsyncIterator[Baresip]:
    """Start the softphone; it has logged in as ``desk`` when this is entered."""
    with claimed_ports() as ports:
        await asyncio.to_thread(_write, folder, ports)
        log = folder / "output.log"
        async with started("baresip", "-4", "-n", HOST, "-f", str(folder), log=log):
            reader, writer = await _connected(ports[CONTROL])
            phone = Baresip(reader, writer, log)
            # Logged in only now, so that no event of it comes before we listen.
            account = f"<sip:desk@{address[0]}:{address[1]};transport=udp>"
            await phone.command("uanew", f"{account};auth_pass={PASSWORD};regint=600")
            await phone.event("REGISTER_OK")
            yield phone
            writer.close()


def _write(folder: Path, ports: range) -> None:
    """Write what the softphone reads when it starts."""
    folder.mkdir(parents=True, exist_ok=True)
    config = CONFIG.format(
        host=HOST,
        # The port after that of SIP is taken for TLS.
        sip=ports[0],
        control=ports[CONTROL],
        rtp=ports[4],
        rtp_end=ports[7],
        modules=MODULES,
        tone=folder / "tone.wav",
    )
    (folder / "config").write_text(config)
    (folder / "accounts").write_text("")
    _write_tone(folder / "tone.wav")


def _write_tone(path: Path) -> None:
    """Write what ``is_tone`` recognises."""
    wave_ = (round(8_000 * math.sin(2 * math.pi * TONE_HZ * n / RATE_HZ)) for n in range(RATE_HZ))
    second = struct.pack(f"<{RATE_HZ}h", *wave_)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(second * TONE_S)


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the control socket, which opens while the program starts."""
    async with asyncio.timeout(WAIT_S):
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                return await asyncio.open_connection(HOST, port)
            await asyncio.sleep(0.02)
