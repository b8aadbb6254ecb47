"""Messages that test a parser, after the kinds of RFC 4475 and written afresh.

Each is a name, the bytes, and the status with which it is refused; 0 for one that nobody answers,
and None for one that is fine.
"""

from __future__ import annotations

import re

HEAD = """\
OPTIONS sip:bob@127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:40100;branch=z9hG4bKtorture;rport
Max-Forwards: 70
From: <sip:desk@127.0.0.1>;tag=f
To: <sip:bob@127.0.0.1>
Call-ID: torture@127.0.0.1
CSeq: 1 OPTIONS
Content-Length: 0
"""


def message(*changes: tuple[str, str], body: bytes = b"", more: str = "") -> bytes:
    """Return the plain request with some lines changed: the start of a line, and the new line."""
    text = HEAD
    for start, line in changes:
        text, count = re.subn(
            rf"^{re.escape(start)}.*\n", lambda _, line=line: line, text, flags=re.MULTILINE
        )
        assert count == 1, start
    head = (text + more).replace("\n", "\r\n") + "\r\n"
    return head.encode("utf-8", "surrogateescape") + body


LONG = "x" * 3_000
HOP = "SIP/2.0/UDP 127.0.0.1:40100;branch=z9hG4bKa;rport"
HOPS = f"Via: {HOP},\n SIP / 2.0 / TCP h.example;branch=z9hG4bKb\n"
CONTENT = "Content-Length:"

FINE: list[tuple[str, bytes]] = [
    ("plain", message()),
    (
        "compact names",
        message(("From:", "f: <sip:desk@127.0.0.1>;tag=f\n"), ("To:", "t: <sip:b@h>\n")),
    ),
    ("odd case", message(("Call-ID:", "cAlL-iD: torture\n"))),
    ("folded", message(("To:", 'To: "A\n  long name"\n\t<sip:bob@127.0.0.1>\n'))),
    ("spaces", message(("CSeq:", "CSeq  :  1   OPTIONS\n"))),
    ("quotes", message(("To:", 'To: "a, \\"b\\"; <c>" <sip:bob@127.0.0.1>\n'))),
    ("no <>", message(("To:", "To: sip:bob@127.0.0.1;x=y\n"))),
    (
        "two hops",
        message(
            (
                "Via:",
                HOPS,
            )
        ),
    ),
    ("unknown headers", message(more="X-Odd: \x01 %%% ;;; ,,,\nNewFangled:\n")),
    ("escaped user", message(("OPTIONS ", "OPTIONS sip:b%6Fb%40x@127.0.0.1 SIP/2.0\n"))),
    ("IPv6", message(("To:", "To: <sip:bob@[2001:db8::1]:5061>\n"))),
    ("other letters", message(("To:", 'To: "Жанна 🦊" <sip:bob@127.0.0.1>\n'))),
    ("binary body", message(("Content-Length:", "Content-Length: 4\n"), body=b"\xff\x00\xfe\r")),
    ("body beyond its length", message(body=b"the rest is dropped")),
    ("no length", message(("Content-Length:", ""), body=b"all of it")),
    ("two hundred hops", message(("Via:", f"Via: {f'{HOP},' * 200}\n"))),
    ("empty lines before", b"\r\n\r\n" + message()),
]

BAD: list[tuple[str, bytes, int]] = [
    ("nothing", b"", 0),
    ("one byte", b"\xff", 0),
    ("zeros", b"\0" * 500, 0),
    ("no end", message()[:-2], 0),
    ("half a line", message()[:40], 0),
    ("only newlines of Unix", message().replace(b"\r\n", b"\n"), 0),
    ("no version", message(("OPTIONS ", "OPTIONS sip:bob@127.0.0.1\n")), 400),
    ("another version", message(("OPTIONS ", "OPTIONS sip:bob@127.0.0.1 SIP/7.0\n")), 505),
    ("two spaces", message(("OPTIONS ", "OPTIONS  sip:bob@127.0.0.1 SIP/2.0\n")), 400),
    ("<> around the URI", message(("OPTIONS ", "OPTIONS <sip:bob@127.0.0.1> SIP/2.0\n")), 416),
    ("space in the URI", message(("OPTIONS ", "OPTIONS sip:b ob@127.0.0.1 SIP/2.0\n")), 400),
    ("no host", message(("OPTIONS ", "OPTIONS sip:bob@ SIP/2.0\n")), 400),
    ("unknown scheme", message(("OPTIONS ", "OPTIONS nobody:bob@h SIP/2.0\n")), 416),
    ("huge URI", message(("OPTIONS ", f"OPTIONS sip:{LONG}@h SIP/2.0\n")), 400),
    ("huge method", message(("OPTIONS ", f"{LONG} sip:bob@h SIP/2.0\n")), 400),
    ("another method in CSeq", message(("CSeq:", "CSeq: 1 INVITE\n")), 400),
    ("huge CSeq", message(("CSeq:", "CSeq: 36893488147419103232 OPTIONS\n")), 400),
    ("CSeq of 2 to the 31", message(("CSeq:", "CSeq: 2147483648 OPTIONS\n")), 400),
    ("no number in CSeq", message(("CSeq:", "CSeq: one OPTIONS\n")), 400),
    ("no From", message(("From:", "")), 0),
    ("no Via", message(("Via:", "")), 0),
    ("two From", message(more="From: <sip:eve@h>;tag=e\n"), 400),
    ("two lengths", message(more="l: 5\n"), 400),
    ("two Call-IDs", message(more="i: other\n"), 400),
    ("negative length", message(("Content-Length:", "Content-Length: -999\n")), 400),
    ("no digits in the length", message(("Content-Length:", "Content-Length: 0x0\n")), 400),
    (
        "length beyond the body",
        message(("Content-Length:", "Content-Length: 9999\n"), body=b"a"),
        400,
    ),
    ("endless length", message(("Content-Length:", f"Content-Length: {'9' * 400}\n")), 400),
    ("a line without a colon", message(more="no colon here\n"), 0),
    ("no name", message(more=": value\n"), 0),
    ("folded first line", message(("Via:", "  folded: \nVia: SIP/2.0/UDP h;branch=z9hG4bK1\n")), 0),
    ("open quote", message(("To:", 'To: "Bob <sip:bob@127.0.0.1>\n')), 400),
    ("open <", message(("To:", "To: <sip:bob@127.0.0.1\n")), 400),
    ("text after >", message(("To:", "To: <sip:bob@127.0.0.1> Bob\n")), 400),
    ("odd Via", message(("Via:", "Via: SIP/3.0/UDP h;branch=z9hG4bKx\n")), 400),
    ("Via without a host", message(("Via:", "Via: SIP/2.0/UDP ;branch=z9hG4bKx\n")), 400),
    ("Via with a huge port", message(("Via:", "Via: SIP/2.0/UDP h:70000;branch=z9hG4bKx\n")), 400),
    ("not UTF-8", message(("To:", "To: \udcff\udcfe <sip:bob@127.0.0.1>\n")), 400),
    ("a zero", message(("To:", "To: a\0b <sip:bob@127.0.0.1>\n")), 400),
    ("a thousand headers", message(more="X: y\n" * 1_000), 0),
    ("a huge header", message(more=f"X: {'y' * 20_000}\n"), 0),
    (
        "a huge body",
        message((CONTENT, f"{CONTENT} 60000\n"), body=b"z" * 60_000),
        513,
    ),
    ("a thousand quotes", message(("To:", "To: " + '"' * 999 + "\n")), 400),
    ("a thousand <", message(("To:", "To: " + "<" * 999 + "\n")), 400),
    (
        "an ACK that is wrong",
        message(("OPTIONS ", "ACK sip:b@h SIP/7.0\n"), ("CSeq:", "CSeq: 1 ACK\n")),
        0,
    ),
    ("a response", message(("OPTIONS ", "SIP/2.0 200 OK\n")), 0),
    ("a response with a strange status", message(("OPTIONS ", "SIP/2.0 4294967301 OK\n")), 0),
    ("a response without anything", b"SIP/2.0 200 OK\r\n\r\n", 0),
]
