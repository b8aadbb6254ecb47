"""Skeletons with their blanks filled in, and with faults put in: text in, text out."""

from __future__ import annotations

import json
from pathlib import Path

from ringproof.adapters import skeleton

TOY_SDK = Path(__file__).parent / "toy_sdk"
TOY = TOY_SDK / "toy.mjs"

Edit = tuple[str, str]
"""A piece of text that must be there, and what takes its place."""

BLANKS_OF_JAVASCRIPT: tuple[Edit, ...] = (
    (
        "import { createInterface }",
        'import { readFileSync } from "node:fs";\n'
        f'import {{ ToyClient }} from "{TOY}";\n'
        "import { createInterface }",
    ),
    (
        'const client = no("unsupported", "fill in 1"); /* 1: connect and register your client */',
        "const client = new ToyClient();\n"
        "  await client.register({ token, url, ca: readFileSync(ca_file) });",
    ),
    (
        'no("unsupported", "fill in 2"); /* 2: by op, call.answer(media), .reject() … */',
        "call[op.slice(5)]();",
    ),
    (
        'emit("registered"); /* 3: emit("calls", …) and more */\n',
        """\
emit("registered");
  const entry = ({ id, status, direction, from, fromName, to, toName }) =>
    ({ c: id, status, direction, from, from_name: fromName, to, to_name: toName });
  const list = () => {
    for (const call of client.calls) calls.set(call.id, call);
    emit("calls", { list: client.calls.map(entry) });
  };
  client.on("calls", list).on("status", ({ id, status }) => emit("status", { c: id, status }));
  client.on("sound", ({ id }, side) =>
    emit("stream", { c: id, side, stream: `${id} ${side}`, tracks: ["audio"] }));
  client.on("end", ({ id }) => {
    for (const what of ["status", "local_stream", "remote_stream"])
      emit("complete", { c: id, what });
  });
  list();
""",
    ),
)

BLANKS_OF_PYTHON: tuple[Edit, ...] = (
    (
        '    return no("unsupported", "fill in 1")  # 1: client = …, connected and registered\n',
        "    from ringproof.client.client import Client\n"
        '    client = Client(token, url=url, rest_url=more["rest_url"], ca_file=ca_file,\n'
        '                    real_media=more["real_media"])\n'
        "    await client.register()\n",
    ),
    (
        'return no("unsupported", "fill in 2")  # 2: by op, answer, reject or hang up calls[c]',
        "getattr(calls[c], op[5:])()",
    ),
    (
        '    emit("registered")  # 3: emit("calls", …) and more\n',
        """\
    emit("registered")
    def on_calls(listed):
        for call in listed:
            if calls.setdefault(call.id, call) is call and call.id not in watched:
                watched.add(call.id)
                call.statuses.subscribe(lambda word, c=call.id: emit("status", c=c, status=word))
        emit("calls", list=[{"c": call.id, "status": call.status, "direction": call.direction,
                             "from": call.from_, "from_name": call.from_name, "to": call.to,
                             "to_name": call.to_name} for call in listed])
    watched = set()
    client.incoming_calls.subscribe(on_calls)
""",
    ),
)

BLANKS_OF_GO: tuple[Edit, ...] = (
    ("package main; import (", 'package main; import ("toy"; '),
    (
        'return c.no("unsupported") // fill in 1: s.client = …, connected and registered\n',
        """\
client, err := toy.Register(c.URL, c.Token, c.CA_File)
		if err != nil { return c.no("sut_error") }
		s.client = client
""",
    ),
    (
        'return c.no("unsupported") // fill in 2: by op, '
        "call.(*sdk.Call).Answer(), Reject(), Hangup()\n",
        """\
its := call.(*toy.Call)
		do := map[string]func() error{
			"call.answer": its.Answer, "call.reject": its.Reject, "call.hangup": its.Hangup}
		if do[op]() != nil { return c.no("sut_error") }
""",
    ),
    (
        ' // 3: say(s, msg{"ev": "calls", … and more\n',
        """
		client.Watch(&toy.Watcher{
			Calls: func(calls []*toy.Call) {
				list := []msg{}
				for _, call := range calls {
					s.calls.Store(call.ID, call)
					list = append(list, msg{"c": call.ID, "status": call.Status,
						"direction": "inbound", "from": call.From, "from_name": call.FromName,
						"to": call.To, "to_name": call.ToName})
				}
				say(s, msg{"ev": "calls", "list": list})
			},
			Status: func(call *toy.Call) {
				say(s, msg{"ev": "status", "c": call.ID, "status": call.Status})
			},
			Sound: func(call *toy.Call, side string) {
				say(s, msg{"ev": "stream", "c": call.ID, "side": side,
					"stream": call.ID + side, "tracks": []string{"audio"}})
			},
			End: func(call *toy.Call) {
				for _, what := range strings.Fields("status local_stream remote_stream") {
					say(s, msg{"ev": "complete", "c": call.ID, "what": what})
				}
			},
		})
""",
    ),
)


def edited(text: str, edits: tuple[Edit, ...]) -> str:
    """Return the text with every edit made; each has to fit exactly once."""
    for old, new in edits:
        assert text.count(old) == 1, f"the skeleton has changed: {old!r}"
        text = text.replace(old, new)
    return text


def javascript(folder: Path, faults: tuple[Edit, ...] = ()) -> Path:
    """Write the filled JavaScript skeleton, faults put in; return its manifest."""
    program, manifest = skeleton.write("javascript", folder)
    program.write_text(edited(edited(program.read_text(), BLANKS_OF_JAVASCRIPT), faults))
    return manifest


def go(folder: Path) -> Path:
    """Write the filled Go skeleton and where its client lies; return its manifest."""
    program, manifest = skeleton.write("go", folder)
    program.write_text(edited(program.read_text(), BLANKS_OF_GO))
    found = f"require toy v0.0.0\nreplace toy => {json.dumps(str(TOY_SDK))}\n"
    (folder / "go.mod").write_text(f"module adapter\n\ngo 1.19\n\n{found}")
    return manifest


def own_lines(edits: tuple[Edit, ...]) -> int:
    """Count the lines that somebody had to write to fill the blanks."""
    return sum(len(set(new.splitlines()) - set(old.splitlines())) for old, new in edits)
