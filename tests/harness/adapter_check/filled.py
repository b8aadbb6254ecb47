"""Skeletons with their blanks filled in, and with faults put in: text in, text out."""

from __future__ import annotations

from pathlib import Path

from ringproof.adapters import skeleton

TOY = Path(__file__).parent / "toy_sdk" / "toy.mjs"

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

OPTIONAL_OPS_OF_JAVASCRIPT: tuple[Edit, ...] = (
    (
        "const ops = {",
        """\
function place({ id, s, to }) {
  const { client, calls, emit } = find(s);
  emit("command", { id: id });
  const call = client.dial(to);
  calls.set(call.id, call);
  emit("dialled", { id, c: call.id, to });
  return { c: call.id };
}
function handOver({ id, s, c, destination }) {
  const { calls, emit } = find(s), call = calls.get(c) || no("no_such_call");
  emit("command", { id: id });
  call.transfer(destination).then(() => {}, String).then((error) => emit("settled", { id, error }));
}
const ops = { "call.dial": place, "call.transfer": handOver,""",
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


def edited(text: str, edits: tuple[Edit, ...]) -> str:
    """Return the text with every edit made; each has to fit exactly once."""
    for old, new in edits:
        assert text.count(old) == 1, f"the skeleton has changed: {old!r}"
        text = text.replace(old, new)
    return text


def javascript(folder: Path, faults: tuple[Edit, ...] = (), *, optional: bool = True) -> Path:
    """Write the filled JavaScript skeleton, faults put in; return its manifest.

    ``optional``: with the ops that dial and transfer.
    """
    program, manifest = skeleton.write("javascript", folder)
    more = OPTIONAL_OPS_OF_JAVASCRIPT if optional else ()
    filled = edited(program.read_text(), (*BLANKS_OF_JAVASCRIPT, *more))
    program.write_text(edited(filled, faults))
    return manifest


def own_lines(edits: tuple[Edit, ...]) -> int:
    """Count the lines that somebody had to write to fill the blanks."""
    return sum(len(set(new.splitlines()) - set(old.splitlines())) for old, new in edits)
