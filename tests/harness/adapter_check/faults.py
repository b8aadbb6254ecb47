"""For each check an adapter with exactly that fault: the filled skeleton, edited."""

from __future__ import annotations

from tests.harness.adapter_check.filled import TOY, Edit

FIRST = "const sut = {"
READS = 'createInterface({ input: process.stdin }).on("close", process.exit).on("line", async ('
END = "text: `${error}` } }); }\n});"
CALLS = 'emit("calls", { list: client.calls.map(entry) });'
READ = "const read = (line) => { try { return JSON.parse(line) ?? {}; } catch { return {}; } };"


def first(code: str) -> tuple[Edit, ...]:
    """Do something as soon as the program starts."""
    return ((FIRST, f"{code}\n{FIRST}"),)


def reads(code: str) -> tuple[Edit, ...]:
    """Read standard input in a way of its own, which calls ``handle`` with each line.

    ``lines`` are the whole ones that have come, ``rest`` is what came after them.
    """
    listening = (
        'let rest = "";\n'
        'process.stdin.on("end", process.exit).on("data", (chunk) => {\n'
        '  const lines = (rest + chunk).split("\\n"); rest = lines.pop();\n'
        f"  {code}\n"
        "});\n"
        "const handle = (async ("
    )
    return ((READS, listening), ("import { createInterface }", "import {}"))


PROTOCOL: dict[str, tuple[Edit, ...]] = {
    "protocol/hello": (("{ protocol: 1, sut, caps }", "{ protocol: 1, sut }"),),
    "protocol/version-refusal": (("protocols.includes(1) ?", "protocols ?"),),
    "protocol/unknown-op": (('ops[op] ?? no("unsupported")', "ops[op] ?? (() => {})"),),
    "protocol/unknown-fields": (
        (
            "hello: ({ protocols }) => (",
            'hello: ({ protocols, colour }) => colour ? no("bad_request") : (',
        ),
    ),
    "protocol/malformed-lines": ((READ, "const read = (line) => JSON.parse(line) ?? {};"),),
    "protocol/concurrent-commands": reads("if (lines.length) handle(lines.at(-1));"),
    "protocol/split-line": reads('if (rest.length < 1000) rest = ""; lines.forEach(handle);'),
    "protocol/long-line": (
        (
            "const command = read(line),",
            "if (line.length > 65536 && line.length <= 1048576) return;\n"
            "  const command = read(line),",
        ),
    ),
    "protocol/oversized-line": (
        (
            "const command = read(line),",
            "if (line.length > 1048576) process.exit(1);\n  const command = read(line),",
        ),
    ),
    "protocol/unknown-session": (
        (
            "sync: ({ s }) => find(s) && new Promise((done) => setImmediate(done)),",
            "sync: ({ s }) => new Promise((done) => setImmediate(done)),",
        ),
    ),
    "protocol/bye": (("bye: () => void setImmediate(process.exit),", "bye: () => {},"),),
    "protocol/end-of-input": (
        ('.on("close", process.exit)', '.on("close", () => setInterval(() => {}, 1000))'),
    ),
    "protocol/sigterm": first('process.on("SIGTERM", () => {});'),
    "protocol/restart-after-kill": first(
        'import { existsSync, rmSync, writeFileSync } from "node:fs";\n'
        'if (existsSync("running")) process.exit(1); writeFileSync("running", "");\n'
        'process.on("exit", () => rmSync("running")).on("SIGTERM", process.exit);'
    ),
    "protocol/stdout-is-json": first('console.log("SDK 1.0 is ready");'),
    "protocol/message-shapes": (
        (
            'error: error.refusal ?? { code: "sut_error", text: `${error}` }',
            'error: error.refusal?.code ?? "sut_error"',
        ),
    ),
    "protocol/one-reply-each": (
        ("catch (error) { say(", "catch (error) { for (const _ of [1, 2]) say("),
    ),
    "protocol/no-leftovers": first(
        'import { spawn } from "node:child_process";\n'
        'spawn("sleep", ["30"], { detached: true, stdio: "ignore" }).unref();'
    ),
}

SESSION: dict[str, tuple[Edit, ...]] = {
    "session/open": (
        ("await client.register({ token, url, ca: readFileSync(ca_file) });", ""),
        ("await find(s).client.close();", ""),
    ),
    "session/double-open": (
        ('if (sessions.has(s)) no("bad_request");', "if (sessions.has(s)) return;"),
    ),
    "session/unknown-call": (
        (
            'calls.get(c) ?? no("no_such_call")',
            "calls.get(c) ?? { answer() {}, reject() {}, hangup() {} }",
        ),
    ),
    "session/listed-call": (
        ("({ c: id, status, direction,", "({ c: `call-${id}`, status, direction,"),
    ),
    "session/side-by-side": (
        (CALLS, CALLS.replace("emit", "for (const one of sessions.values()) one.emit")),
    ),
    "session/sync-is-a-barrier": (
        (
            CALLS,
            "const now = client.calls.map(entry);\n"
            '    setTimeout(() => emit("calls", { list: now }), 400);',
        ),
    ),
    "session/command-event": (('emit("command", { id });', ""),),
    "session/answer": (("= call[op.slice(5)]()", "= op === 'call.answer' || call[op.slice(5)]()"),),
    "session/decline": (
        ("= call[op.slice(5)]()", "= op === 'call.reject' || call[op.slice(5)]()"),
    ),
    "session/dial": (('emit("dialled", { id, c: call.id, to });', ""),),
    "session/transfer": (("call.transfer(destination)", "Promise.resolve()"),),
    "session/close": (("await find(s).client.close();", "find(s);"),),
    "session/event-numbers": (("n: n++", "n: ++n"),),
}

MORE: dict[str, tuple[str, tuple[Edit, ...]]] = {
    "exits with a status of its own": (
        "protocol/bye",
        (("void setImmediate(process.exit)", "void setImmediate(() => process.exit(7))"),),
    ),
    "writes bytes that are no text": (
        "protocol/stdout-is-json",
        first("process.stdout.write(Buffer.from([0xff, 0xfe, 10]));"),
    ),
    "writes a line of three megabytes": (
        "protocol/stdout-is-json",
        first('process.stdout.write("x".repeat(3_000_000) + "\\n");'),
    ),
    "writes JSON that is no message": (
        "protocol/stdout-is-json",
        first('console.log(JSON.stringify({ level: "info" }));'),
    ),
    "answers what nobody asked": (
        "protocol/one-reply-each",
        first('console.log(JSON.stringify({ re: "nothing", ok: {} }));'),
    ),
    "says hello in a version that was not offered": (
        "protocol/hello",
        (("{ protocol: 1, sut, caps }", "{ protocol: 2, sut, caps }"),),
    ),
    "dials without its SDK": (
        "session/dial",
        (("const call = client.dial(to);", 'const call = { id: "a-call" };'),),
    ),
    "does not say which call it dialled": (
        "session/dial",
        (("return { c: call.id };", "return {};"),),
    ),
    "transfers to somebody else": (
        "session/transfer",
        (("call.transfer(destination)", 'call.transfer("/private/bob")'),),
    ),
    "never says that it is registered": ("session/open", ((' emit("registered");\n', "\n"),)),
    "says nothing of its calls": ("session/listed-call", ((CALLS, ""),)),
    "forgets to take the client offline": (
        "session/close",
        (("await find(s).client.close(); sessions.delete(s);", "await find(s).client.close();"),),
    ),
    "has a clock that goes back": (
        "session/event-numbers",
        (("Math.trunc(performance.now() * 1e3)", "1e9 - n"),),
    ),
}
"""Faults of which a check knows more than one."""


def dials() -> tuple[Edit, ...]:
    """Speak on the WebSocket that the environment names, instead of the standard streams."""
    return (
        (
            "process.stdout.write(`${JSON.stringify(message)}\\n`)",
            "socket.send(JSON.stringify(message))",
        ),
        (
            "import { createInterface }",
            f'import {{ dial }} from "{TOY.parent / "wire.mjs"}";\nimport {{}}',
        ),
        (READS, "const hear = (async ("),
        (
            END,
            END + "\nconst over = () => process.exit(0);\n"
            "const socket = await dial(process.env.RINGPROOF_URL, { hear, over });",
        ),
    )
