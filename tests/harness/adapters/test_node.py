"""The Node shell: several sessions in one process that share nothing, and nothing stray on stdout.

The SDK here is a fake of which everything is known; what it does depends on the token.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio
from websockets.asyncio.server import Server, ServerConnection, serve

from ringproof.adapters import dial_page, node_runtime, npm
from ringproof.adapters.process import Program
from ringproof.adapters.protocol import AdapterError, Command, Reply
from ringproof.adapters.remote import RemoteAdapter
from ringproof.trace import AnySutEvent, Log, Sources, Stream, SutError, SutEvent

pytestmark = pytest.mark.asyncio(loop_scope="module")

SDK = """
import { value } from "dependency";
import { of } from "rxjs";

const never = { subscribe: () => ({ unsubscribe() {}, closed: false }) };
const now = (...values) => ({
  subscribe(observer) {
    for (const one of values) observer.next(one);
    return { unsubscribe() {}, closed: false };
  },
});

const plays = {
  async noisy() {
    console.log("a line");
    process.stdout.write("another line\\n");
    console.warn("secret", "eyJhbGci.eyJqdGki.c2ln");
  },
  async late() {
    setTimeout(() => Promise.reject(new Error("nobody waits for this")), 5);
  },
  async remember({ storageImplementation: storage }) {
    console.warn(`remembered ${await storage.getItem("who")}`);
    const both = async () => [await storage.getItem("who"), await storage.getItem("who", "local")];
    await storage.setItem("who", "somebody", "session");
    await storage.setItem("who", "somebody", "local");
    console.warn("and now", await both());
    await storage.removeItem("who");
    await storage.clear("local");
    console.warn("at last", await both());
  },
  async iterate() {
    const three = () => new Map([["a", 1], ["b", 2], ["c", 3]]).values();
    const odd = (value) => value % 2;
    console.warn([
      [...three().map((value, index) => value * 10 + index)],
      [...three().filter(odd)],
      [...three().flatMap((value) => [value, value])],
      [...three().take(2)], [...three().take(0)], [...three().drop(2)],
      [three().find((value) => value > 1), three().find((value) => value > 9)],
      [three().some(odd), three().every(odd), three().some((value) => value > 9)],
      [three().every((value) => value > 0)],
      three().toArray(), [three().reduce((sum, value) => sum + value, 1)],
    ]);
    three().forEach((value, index) => console.warn(value, index));
  },
  async keys() {
    const make = (modulusLength) => crypto.subtle.generateKey(
      { name: "RSA-PSS", modulusLength, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-1" },
      true, ["sign"],
    );
    const [first, second, other] = [await make(1024), await make(1024), await make(1032)];
    console.warn(first === second, first === other);
  },
  async abroad() {
    await fetch("http://example.com/").catch(({ cause }) => console.warn(cause.code));
  },
  async dial({ webSocketConstructor }, port) {
    const dial = () => new webSocketConstructor(`ws://any.name.localhost:${port}/`);
    const socket = dial();
    socket.onerror = () => undefined;
    socket.onclose = () => { dial().onerror = () => undefined; };
    await new Promise((resolve) => { socket.onopen = resolve; });
  },
  async film({ webRTCApiProvider: { mediaDevices, RTCPeerConnection } }) {
    const stream = await mediaDevices.getUserMedia({ audio: true, video: true });
    for (const track of stream.getTracks()) track.getConstraints();
    const kinds = (await mediaDevices.enumerateDevices()).map(({ kind }) => kind);
    const refused = await mediaDevices.getUserMedia({}).catch((error) => error.name);
    console.warn(kinds.join(), refused, navigator.onLine);
    const [, second] = await mediaDevices.enumerateDevices();
    const opened = async (audio) => {
      const [track] = (await mediaDevices.getUserMedia({ audio })).getTracks();
      track.stop();
      return track.getSettings().deviceId;
    };
    console.warn([
      await opened({ deviceId: { exact: second.deviceId } }), await opened({}),
      await opened({ deviceId: "none" }),
      await opened({ deviceId: { exact: "none" } }).catch((error) => error.name),
    ]);
    const connection = new RTCPeerConnection({ iceCandidatePoolSize: 10 });
    connection.setConfiguration({ iceCandidatePoolSize: 10 });
    const states = [];
    const note = () => states.push(connection.signalingState);
    connection.addEventListener("signalingstatechange", note);
    for (const track of stream.getTracks()) connection.addTrack(track, stream);
    await connection.setLocalDescription(await connection.createOffer());
    for (const track of stream.getTracks()) track.stop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    console.warn(states.join(), connection.getConfiguration().iceCandidatePoolSize);
    connection.close();
    this.streams = [stream];
  },
  async choose({ webRTCApiProvider: { mediaDevices } }, obeys) {
    const streams = { observers: [], subscribe(observer) {
      this.observers.push(observer);
      return { unsubscribe() {}, closed: false };
    } };
    const answer = async () => {
      const { deviceId } = obeys ? this.selected : {};
      const stream = await mediaDevices.getUserMedia({ audio: { deviceId } });
      for (const observer of streams.observers) observer.next(stream);
      stream.getTracks()[0].stop();
    };
    this.streams = streams;
    this.answer = answer;
  },
};

export class StaticCredentialProvider {
  constructor(given) { Object.assign(this, given); }
}

export class SignalWire {
  session = { incomingCalls$: now([]) };
  errors$ = never;

  constructor({ token }, options) {
    [this.play, this.argument] = token.split("/");
    this.options = options;
  }

  async enumerateDevices() {}

  selectAudioInputDevice(device) {
    this.selected = device;
  }

  async register() {
    if (!value || !of) throw new Error("no dependency");
    await plays[this.play].call(this, this.options, this.argument);
    if (!this.streams) return;
    const localStream$ = this.streams.subscribe ? this.streams : now(...this.streams);
    const call = {
      id: "call-1", status: "ringing", status$: never,
      localStream$, remoteStream$: never, answer: this.answer,
    };
    this.session.incomingCalls$ = now([call]);
  }

  destroy() {}
}
"""


CLOSING = """
import { Session } from "SESSION";

const never = { subscribe: () => ({ unsubscribe() {}, closed: false }) };
const call = { id: "call-1", status: "ringing" };
const binding = {
  list: { subscribe(observer) { observer.next([call]); return never.subscribe(); } },
  open() {},
  idOf: () => call.id,
  describe: () => ({}),
  statusOf: () => call.status,
  observable: () => never,
  errorsOf() {},
  connectionOf() {},
  close() { call.status = "destroyed"; },
};
const events = [];
const session = new Session("s", binding, ({ ev }) => events.push(ev), String);
await session.open({});
const syncing = session.sync();
session.close();
const refused = await syncing.then(() => "", (error) => error.reply.code);
console.log(JSON.stringify({ events, refused }));
"""


def sdk(folder: Path, text: str = SDK) -> npm.Package:
    """Write an SDK with one dependency of its own; another comes from the cache."""
    own = folder / "node_modules" / "dependency"
    own.mkdir(parents=True)
    (own / "package.json").write_text('{"name": "dependency", "exports": "./index.mjs"}')
    (own / "index.mjs").write_text("export const value = 1;\n")
    manifest = {
        "name": "fake-sdk",
        "version": "4.9.0",
        "exports": "./index.mjs",
        "dependencies": {"dependency": "workspace:*"},
        "peerDependencies": {"rxjs": "^7.8.2"},
    }
    (folder / "package.json").write_text(json.dumps(manifest))
    (folder / "index.mjs").write_text(text)
    return npm.local(folder, entry=npm.for_node)


Event = TypeVar("Event", bound=SutEvent)


class Driver:
    """A started adapter, its events, and a way to wait for one."""

    def __init__(self, adapter: RemoteAdapter) -> None:
        self.adapter = adapter
        self.events: list[AnySutEvent] = []
        self._more = asyncio.Event()
        self._count = 0

    def listen(self, event: AnySutEvent) -> None:
        self.events.append(event)
        self._more.set()

    async def send(self, op: str, s: str, **fields: object) -> Reply:
        self._count += 1
        command = Command(id=f"id-{self._count}", op=op, s=s, **fields)  # type: ignore[arg-type]
        return await self.adapter.send(command)

    async def open(self, s: str, token: str) -> Reply:
        return await self.send("session.open", s, token=token)

    def logs(self, s: str) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Log) and event.s == s]

    async def until(self, kind: type[Event], s: str | None = None) -> Event:
        """Return the first event of a kind, of one session or any, waiting for it."""
        async with asyncio.timeout(10):
            while True:
                for event in self.events:
                    if isinstance(event, kind) and s in (None, event.s):
                        return event
                self._more.clear()
                await self._more.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def driver(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Driver]:
    argv = node_runtime.command(sdk(tmp_path_factory.mktemp("sdk")))
    driver = Driver(RemoteAdapter(Program(argv=argv, name="node")))
    hello = await driver.adapter.start(driver.listen)
    assert (hello.name, hello.version, hello.carrier) == ("fake-sdk", "4.9.0", "stdio")
    assert hello.media == "rtp"
    assert hello.runtime.startswith("Node ")
    assert hello.sessions > 8
    assert {"session.vanish", "session.drop"} <= set(hello.ops)
    yield driver
    await driver.adapter.close()


async def test_what_the_sdk_prints_is_no_message_and_holds_no_token(driver: Driver) -> None:
    assert (await driver.open("noisy", "noisy")).ok == {}
    assert driver.logs("noisy") == ["secret …"]


async def test_uncaught_error_names_the_session_it_came_from(driver: Driver) -> None:
    await driver.open("quiet", "remember")
    await driver.open("guilty", "late")
    error = await driver.until(SutError)
    assert (error.s, error.text) == ("guilty", "uncaught: Error: nobody waits for this")
    assert not any(isinstance(event, SutError) and event.s == "quiet" for event in driver.events)


async def test_sessions_share_no_storage(driver: Driver) -> None:
    for s in ("first", "second"):
        await driver.open(s, "remember")
        assert driver.logs(s) == [
            "remembered null",
            'and now ["somebody","somebody"]',
            "at last [null,null]",
        ]


async def test_iterators_have_the_methods_that_browsers_have(driver: Driver) -> None:
    """Node has them from 22 on; the SDK takes its look-up for failed without them."""
    await driver.open("iterate", "iterate")
    first, *each = driver.logs("iterate")
    assert first == (
        "[[10,21,32],[1,3],[1,1,2,2,3,3],[1,2],[],[3],[2,null],"
        "[true,false,false],[true],[1,2,3],[7]]"
    )
    assert each == ["1 0", "2 1", "3 2"]


async def test_pair_of_keys_is_made_once_for_all_sessions(driver: Driver) -> None:
    await driver.open("keys", "keys")
    assert driver.logs("keys") == ["true false"]


async def test_no_name_leads_out_of_this_machine(driver: Driver) -> None:
    await driver.open("abroad", "abroad")
    assert driver.logs("abroad") == ["ENOTFOUND"]


async def test_devices_and_connections_do_what_a_browsers_do(driver: Driver) -> None:
    assert (await driver.open("film", "film")).ok == {}
    kinds, chosen, states = driver.logs("film")
    assert kinds == "audioinput,audioinput,videoinput,videoinput TypeError true"
    assert chosen == ('["microphone-2","microphone-1","microphone-1","OverconstrainedError"]')
    assert states == "have-local-offer 0"
    [stream] = [event for event in driver.events if isinstance(event, Stream)]
    assert (stream.s, stream.side, stream.tracks) == ("film", "local", ("audio", "video"))


@pytest.mark.parametrize(("obeys", "microphone"), [("yes", 1), ("", 0)])
async def test_devices_that_a_call_sends_from_are_told(
    driver: Driver, obeys: str, microphone: int
) -> None:
    """Those of the SDK's tracks, whatever was chosen: one SDK takes no notice of it."""
    s = f"choose {obeys}"
    assert (await driver.open(s, f"choose/{obeys}")).ok == {}
    reply = await driver.send("call.answer", s, c="call-1", devices={"microphone": 1})
    assert reply.ok == {}
    sources = await driver.until(Sources, s)
    assert sources.devices == {"microphone": microphone}


async def test_device_that_is_not_there_cannot_be_chosen(driver: Driver) -> None:
    await driver.open("choose none", "choose/yes")
    reply = await driver.send("call.answer", "choose none", c="call-1", devices={"microphone": 9})
    assert (reply.error, reply.definite) == ("bad_request", True)


class Visitors:
    """A WebSocket server, and how each of its connections ended."""

    def __init__(self) -> None:
        self.codes: list[int | None] = []
        self._left = asyncio.Event()

    async def serve(self, connection: ServerConnection) -> None:
        await connection.wait_closed()
        self.codes.append(connection.close_code)
        self._left.set()

    async def left(self) -> list[int | None]:
        async with asyncio.timeout(10):
            await self._left.wait()
        return self.codes


def port_of(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])


async def test_vanished_session_leaves_as_a_closed_page_for_good(
    driver: Driver,
) -> None:
    visitors = Visitors()
    async with serve(visitors.serve, "127.0.0.1", 0) as server:
        await driver.open("ghost", f"dial/{port_of(server)}")
        assert (await driver.send("session.vanish", "ghost")).ok == {}
        assert await visitors.left() == [1001]
        assert (await driver.send("sync", "ghost")).error == "not_ready"
        assert (await driver.open("next", "noisy")).ok == {}
        assert visitors.codes == [1001]


async def test_session_that_closes_during_a_sync_says_no_more(tmp_path: Path) -> None:
    """Its SDK shows every call as destroyed by then, which was no doing of its own."""
    script = tmp_path / "closing.mjs"
    script.write_text(CLOSING.replace("SESSION", (dial_page.JAVASCRIPT / "session.mjs").as_uri()))
    process = await asyncio.create_subprocess_exec(
        "node", str(script), stdout=asyncio.subprocess.PIPE
    )
    message, _ = await process.communicate()
    assert json.loads(message) == {"events": ["calls", "registered"], "refused": "not_ready"}


async def test_dropped_session_loses_its_socket_and_may_dial_again(driver: Driver) -> None:
    visitors = Visitors()
    async with serve(visitors.serve, "127.0.0.1", 0) as server:
        await driver.open("dropped", f"dial/{port_of(server)}")
        assert (await driver.send("session.drop", "dropped")).ok == {}
        assert await visitors.left() == [1006]
        assert (await driver.send("sync", "dropped")).ok == {}


async def test_sdk_that_cannot_be_loaded_is_the_end_of_the_adapter(tmp_path: Path) -> None:
    broken = sdk(tmp_path, 'import "./not-there.mjs";\n')
    adapter = RemoteAdapter(Program(argv=node_runtime.command(broken), name="node"))
    with pytest.raises(AdapterError, match=r"(?s)exit status 1.*not-there\.mjs"):
        await adapter.start(lambda event: None)
    await adapter.close()


async def test_line_that_is_no_command_is_passed_over(tmp_path: Path) -> None:
    argv = node_runtime.command(sdk(tmp_path))
    lines = "nonsense\nnull\n7\n{}\n" + '{"id": "1", "op": "bye", "deadline_ms": 1000}\n'
    done = await asyncio.to_thread(
        subprocess.run, argv, input=lines, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (0, '{"re":"1","ok":{}}\n')
    assert done.stderr.count("no command: ") == 4


@pytest.mark.parametrize("last", ['{"id": "1", "op": "bye", "deadline_ms": 1000}\n', ""])
async def test_process_ends_with_status_0(tmp_path: Path, last: str) -> None:
    """On bye, and when its standard input ends."""
    argv = node_runtime.command(sdk(tmp_path))
    done = await asyncio.to_thread(
        subprocess.run, argv, input=last, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0
    assert done.stdout == ('{"re":"1","ok":{}}\n' if last else "")
