"""A platform of sixty lines: TLS, JSON-RPC replies, and whatever frames a test pushes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import ssl

import trustme
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

NAME = "fabric.stub.localhost"


class Stub:
    """Accepts every connect and every request, and keeps the frames of its clients."""

    def __init__(self, ca_file):
        self.ca_file = ca_file
        self.frames = asyncio.Queue()
        self.hosts = []
        self.codes = asyncio.Queue()
        self.socket = None

    @property
    def token(self):
        head = json.dumps({"ch": f"{NAME}:{self.port}"}).encode()
        return base64.urlsafe_b64encode(head).decode().rstrip("=") + ".x.y"

    @contextlib.asynccontextmanager
    async def running(self):
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(NAME).configure_cert(context)
        async with serve(self._talk, "127.0.0.1", 0, ssl=context, close_timeout=0.1) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    async def _talk(self, socket):
        self.socket = socket
        self.hosts.append(socket.request.headers["Host"])
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                await self._take(json.loads(text))
        self.codes.put_nowait(socket.close_code)

    async def _take(self, message):
        self.frames.put_nowait(message)
        if "method" not in message:
            return
        result = {"code": "200"}
        if message["method"] == "signalwire.connect":
            result = {"identity": "u", "protocol": "p1", "authorization": {}}
        await self.push({"id": message["id"], "result": result})
        if message["method"] == "signalwire.connect":
            await self.event("signalwire.authorization.state", {"authorization_state": "as-1"})

    async def push(self, body):
        with contextlib.suppress(ConnectionClosed):  # what came in may still be read
            await self.socket.send(json.dumps({"jsonrpc": "2.0", **body}))

    async def code(self):
        """Wait for the close code of the next socket that ends."""
        async with asyncio.timeout(30):
            return await self.codes.get()

    async def event(self, kind, params):
        body = {"event_type": kind, "event_channel": "p1", "node_id": "n", "params": params}
        await self.push({"id": f"e-{kind}", "method": "signalwire.event", "params": body})

    async def invite(self, call="d1"):
        keys = ("caller_id_name", "caller_id_number", "callee_id_name", "callee_id_number")
        params = {"callID": call, "sdp": "v=0", **dict.fromkeys(keys, "x")}
        message = {"jsonrpc": "2.0", "id": 1, "method": "verto.invite", "params": params}
        await self.event("webrtc.message", message)

    async def request(self, method):
        """Wait for the client's next request of this method and return its parameters."""
        async with asyncio.timeout(30):
            while True:
                message = await self.frames.get()
                if message.get("method") == method:
                    return message["params"]
