"""SIPp, an independent user agent: its scenarios are written here, in its own XML, and run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from tests.fakeserver.sip.peer import started
from tests.fakeserver.sip.stage import PASSWORD
from tests.fakeserver.wire_client import WAIT_S
from tests.ports import HOST, claimed_ports

CALLED = "<sip:bob@[remote_ip]:[remote_port]>"
THEIRS = CALLED + "[peer_tag_param]"

SDP = """v=0
o=- 1 {version} IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a={direction}
"""


def describe(version: int = 1, direction: str = "sendrecv") -> str:
    """Return SIPp's own description."""
    return SDP.format(version=version, direction=direction)


def send(
    method: str,
    cseq: int,
    *,
    to: str = CALLED,
    branch: str = "[branch]",
    credentials: bool = False,
    sdp: str = "",
    uri: str = "sip:bob@[remote_ip]:[remote_port]",
    contact: str = "<sip:[field0]@[local_ip]:[local_port];transport=[transport]>",
    expires: str = "",
    refer_to: str = "",
) -> str:
    """Return the XML of a request; all but ACK are repeated until they are answered."""
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch};rport",
        "Max-Forwards: 70",
        'From: "Alice" <sip:[field0]@[remote_ip]>;tag=[call_number]',
        f"To: {to}",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        f"Contact: {contact}",
        *(["[field1]"] if credentials else []),
        *([f"Expires: {expires}"] if expires else []),
        *([f"Refer-To: {refer_to}"] if refer_to else []),
        *(["Content-Type: application/sdp"] if sdp else []),
        f"Content-Length: {'[len]' if sdp else '0'}",
    ]
    text = "\n".join(lines) + "\n\n" + sdp
    repeated = "" if method == "ACK" else ' retrans="500"'
    return f"<send{repeated}><![CDATA[\n{text}]]></send>\n"


def answer(status: str, *, sdp: str = "", tagged: bool = False) -> str:
    """Return the XML of an answer to the request that came last; ``tagged`` adds our tag."""
    lines = [
        f"SIP/2.0 {status}",
        "[last_Via:]",
        "[last_From:]",
        "[last_To:];tag=[call_number]" if tagged else "[last_To:]",
        "[last_Call-ID:]",
        "[last_CSeq:]",
        "Contact: <sip:desk@[local_ip]:[local_port];transport=[transport]>",
        *(["Content-Type: application/sdp"] if sdp else []),
        f"Content-Length: {'[len]' if sdp else '0'}",
    ]
    text = "\n".join(lines) + "\n\n" + sdp
    return f"<send><![CDATA[\n{text}]]></send>\n"


def answer_invite(status: str) -> str:
    """Return the XML of an answer to the INVITE that ``RING`` took, after a CANCEL."""
    text = answer(status, tagged=True)
    return text.replace("[last_CSeq:]", "CSeq: 1 INVITE")


def answer_bye() -> str:
    """Return the XML of a BYE to who has called."""
    lines = [
        "BYE sip:ringproof@[remote_ip]:[remote_port] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport",
        "Max-Forwards: 70",
        "From: [$ours]",
        "To: [$theirs]",
        "Call-ID: [call_id]",
        "CSeq: 1 BYE",
        "Content-Length: 0",
    ]
    text = "\n".join(lines) + "\n\n"
    return f'<send retrans="500"><![CDATA[\n{text}]]></send>\n'


def receive(status: int, *, optional: bool = False, more: str = "") -> str:
    """Return the XML that waits for an answer."""
    may = ' optional="true"' if optional else ""
    return f'<recv response="{status}"{may} {more}/>\n'


def receive_request(method: str) -> str:
    """Return the XML that waits for a request."""
    return f'<recv request="{method}"/>\n'


def register(*, answers: tuple[int, ...] = (401, 200), port: str = "[local_port]") -> str:
    """Register; every answer but the last is a challenge."""
    about = {
        "uri": "sip:[remote_ip]",
        "to": "<sip:[field0]@[remote_ip]>",
        "contact": f"<sip:[field0]@[local_ip]:{port}>",
        "expires": "600",
    }
    steps = ""
    for number, status in enumerate(answers):
        steps += send("REGISTER", number + 1, credentials=number > 0, **about)
        steps += receive(status, more='auth="true"' if number + 1 < len(answers) else "")
    return steps


def invite(*, sdp: str | None = None) -> str:
    """Call bob with credentials, until he rings."""
    sdp = describe() if sdp is None else sdp
    return (
        send("INVITE", 1, sdp=sdp)
        + receive(407, more='auth="true"')
        + send("ACK", 1, to=THEIRS, branch="[branch-2]")
        + send("INVITE", 2, sdp=sdp, credentials=True)
        + receive(100, optional=True)
        + receive(180)
    )


SINCE_INVITE = "[branch-4]"
"""The branch of the INVITE of ``invite``, two steps after it."""

ANSWERED_WITH_OFFER = receive(200, more='rrs="true"') + send("ACK", 2, to=THEIRS, sdp=describe())
"""Take a 200 that brings an offer, and answer it."""
ANSWERED = receive(200, more='rrs="true"') + send("ACK", 2, to=THEIRS)
HANG_UP = send("BYE", 4, to=THEIRS) + receive(200)
TAKE_BYE = receive_request("BYE") + answer("200 OK")


def refused(status: int) -> str:
    """Be refused after ``invite``."""
    return receive(status) + send("ACK", 2, to=THEIRS, branch=SINCE_INVITE)


HELD = """<recv response="200"><action>
<ereg regexp="a=recvonly" search_in="msg" check_it="true" assign_to="held"/>
</action></recv>
<Reference variables="held"/>
"""
HOLD = (
    send("INVITE", 3, to=THEIRS, sdp=describe(2, "sendonly"))
    + receive(100, optional=True)
    + HELD
    + send("ACK", 3, to=THEIRS)
)
"""Put the call on hold, and see that we are told to send nothing back."""

CANCEL = (
    send("CANCEL", 2, branch="[branch-3]")
    + receive(200)
    + receive(487)
    + send("ACK", 2, to=THEIRS, branch="[branch-6]")
)

NOTIFIED = receive_request("NOTIFY") + answer("200 OK")


def hand_over(to: str, *, notes: int = 3) -> str:
    """Hand the call over, hear so many times how that goes, and be hung up on."""
    refer = send("REFER", 4, to=THEIRS, refer_to=to) + receive(202)
    return refer + notes * NOTIFIED + TAKE_BYE


RINGING = answer("100 Trying") + answer("180 Ringing", tagged=True)
RING = receive_request("INVITE") + RINGING
NAMED = """<recv request="INVITE"><action>
<ereg regexp="&lt;.*" search_in="hdr" header="From:" assign_to="theirs"/>
<ereg regexp="&lt;.*" search_in="hdr" header="To:" assign_to="called"/>
<assignstr assign_to="ours" value="[$called];tag=[call_number]"/>
</action></recv>
"""
"""Take an INVITE and keep who called whom, for ``HANG_UP_ON_CALLER``."""
HANG_UP_ON_CALLER = answer_bye() + receive(200)


class Sipp:
    """A running scenario."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, port: int) -> None:
        self._process = process
        self._folder = folder
        self.port = port

    async def done(self) -> None:
        """Wait until the scenario has passed; what was said is shown where it failed."""
        async with asyncio.timeout(WAIT_S):
            status = await self._process.wait()
        assert status == 0, self._said()

    def _said(self) -> str:
        names = ("errors.log", "messages.log", "output.log")
        return "\n".join(
            path.read_text(errors="replace")[-8_000:]
            for path in (self._folder / name for name in names)
            if path.exists()
        )


def _write(folder: Path, steps: str, username: str, password: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    (folder / "scenario.xml").write_text(f'{head}\n<scenario name="ours">\n{steps}</scenario>')
    credentials = f"[authentication username={username} password={password}]"
    (folder / "fields.csv").write_text(f"SEQUENTIAL\n{username};{credentials};\n")


@contextlib.asynccontextmanager
async def sipp(
    address: tuple[str, int],
    steps: str,
    folder: Path,
    *,
    username: str = "desk",
    password: str = PASSWORD,
    transport: str = "u1",
) -> AsyncIterator[Sipp]:
    """Start SIPp with a scenario for one call; RTP that it gets is sent back."""
    await asyncio.to_thread(_write, folder, steps, username, password)
    with claimed_ports() as ports:
        arguments = [
            f"{address[0]}:{address[1]}",
            *("-sf", str(folder / "scenario.xml"), "-inf", str(folder / "fields.csv")),
            *("-i", HOST, "-p", str(ports[0]), "-t", transport, "-m", "1"),
            *("-rtp_echo", "-mp", str(ports[2])),
            *("-nd", "-nostdin", "-timeout", f"{WAIT_S:.0f}", "-timeout_error"),
            *("-trace_err", "-error_file", str(folder / "errors.log")),
            *("-trace_msg", "-message_file", str(folder / "messages.log")),
        ]
        async with started("sipp", *arguments, log=folder / "output.log") as process:
            yield Sipp(process, folder, ports[0])
