"""Runs a script: a generator that yields cues and is sent their replies. No I/O, no time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from ringproof_fakeserver.protocol.swml import verbs
from ringproof_fakeserver.protocol.swml.cues import (
    Accepted,
    ConnectResult,
    Cue,
    Fetch,
    Finish,
    Reply,
    Response,
    SendDigits,
    StopRecord,
    UserEvent,
)
from ringproof_fakeserver.protocol.swml.document import (
    VERBS,
    Script,
    ScriptError,
    Step,
    missing,
    parse,
    steps,
    wrong_value,
)
from ringproof_fakeserver.protocol.swml.expression import as_text, evaluate, truth
from ringproof_fakeserver.protocol.swml.scope import Scope

LIMIT_RUN = 10_000
"""Steps of one run, those of loops and called sections counted each time."""
LIMIT_NESTING = 32
LIMIT_JUMPS = 100
LIMIT_TRANSFERS = 32
LIMIT_NESTED = 1_000
"""Lists of steps inside arguments that are remembered."""

Work = Generator[Cue, Reply, None]


class _Jump(Exception):
    def __init__(self, label: str) -> None:
        self.label = label


class _Return(Exception):
    pass


class _Transfer(Exception):
    def __init__(self, script: Script, section: tuple[Step, ...], params: dict[str, Any]) -> None:
        self.script = script
        self.section = section
        self.params = params


def run(script: Script, scope: Scope | None = None) -> Generator[Cue, Reply, None]:
    """Yield what to do; send the reply to each cue that has one, until a ``Finish``.

    ``scope`` None has no variables.
    """
    return _Run(script, scope or Scope()).whole()


def _no_label(label: str) -> ScriptError:
    return wrong_value(f"goto.label: there is no {verbs.short(label)} in the section")


class _Run:
    """One script in progress."""

    def __init__(self, script: Script, scope: Scope) -> None:
        self._script = script
        self._scope = scope
        self._steps = 0
        self._jumps: dict[int, int] = {}
        """By step: how often it jumped."""
        self._transfers = 0
        self._recordings = 0
        self._nested: dict[int, tuple[object, tuple[Step, ...]]] = {}
        """By identity: lists of steps inside arguments, read once so that jumps can be counted."""
        self._verb = ""
        """Of the step in progress."""

    def whole(self) -> Work:
        """Run the document, and those that it transfers to."""
        section = self._script.main
        while True:
            try:
                yield from self._section(section, 0)
            except _Transfer as transfer:
                # Here, where no section is left that puts its own params back.
                self._script, section = transfer.script, transfer.section
                self._scope.params = transfer.params
                continue
            except _Return:
                pass
            except ScriptError as error:
                yield Finish(self._verb, "error", str(error))
                return
            yield Finish("", "hangup")
            return

    def _section(self, section: tuple[Step, ...], depth: int) -> Work:
        """Run a list of steps; a jump out of nested steps goes on at its label here."""
        if depth > LIMIT_NESTING:
            problem = f"more than {LIMIT_NESTING} levels"
            raise ScriptError("relay_script_nested_too_deep", problem)
        labels = {
            step.arguments.get("value"): number
            for number, step in enumerate(section)
            if step.verb == "label" and isinstance(step.arguments.get("value"), str)
        }
        number = 0
        while number < len(section):
            try:
                yield from self._step(section[number], depth)
                number += 1
            except _Jump as jump:
                if jump.label not in labels:
                    if depth == 0:
                        raise _no_label(jump.label) from None
                    raise
                number = labels[jump.label]

    def _step(self, step: Step, depth: int) -> Work:
        self._verb = step.verb
        self._steps += 1
        if self._steps > LIMIT_RUN:
            problem = f"more than {LIMIT_RUN} steps"
            raise ScriptError("relay_script_internal_error", problem)
        if step.verb == "cond":
            yield from self._cond(step.arguments.get("value"), depth)
        elif step.verb == "goto":
            self._goto(step)
        elif (handler := _HANDLERS.get(step.verb)) is not None:
            yield from handler(self, step.arguments, depth)
        elif step.verb in VERBS:
            self._scope.set(f"{step.verb}_result", "success")
            yield Accepted(step.verb, "accepted; not simulated here")
        else:
            raise ScriptError("relay_script_method_undefined", f"{step.verb} is no verb")

    def _filled(self, arguments: dict[str, Any]) -> dict[str, Any]:
        filled: dict[str, Any] = self._scope.filled(arguments)
        return filled

    # The leg.

    def _answer(self, _arguments: dict[str, Any], _depth: int) -> Work:
        self._scope.set("answer_result", "success")  # the leg was answered before the script began
        yield from ()

    def _play(self, arguments: dict[str, Any], _depth: int) -> Work:
        yield from verbs.play(self._filled(arguments), self._scope.speech)

    def _sleep(self, arguments: dict[str, Any], _depth: int) -> Work:
        yield verbs.sleep(self._filled(arguments))

    def _hangup(self, arguments: dict[str, Any], _depth: int) -> Work:
        yield verbs.hangup(self._filled(arguments))
        raise AssertionError("nothing follows the end")

    def _send_digits(self, arguments: dict[str, Any], _depth: int) -> Work:
        problem = yield SendDigits(verbs.digits(self._filled(arguments)))
        self._scope.set("send_digits_result", "failed" if problem else "success")

    def _user_event(self, arguments: dict[str, Any], _depth: int) -> Work:
        event = self._filled(arguments).get("event")
        if not isinstance(event, dict):
            raise missing("user_event.event: an object")
        yield UserEvent(event)
        self._scope.set("user_event_result", "success")

    def _record_call(self, arguments: dict[str, Any], _depth: int) -> Work:
        self._recordings += 1
        record = verbs.record_call(self._filled(arguments), f"script-{self._recordings}")
        self._scope.set("record_control_id", record.control)
        self._scope.set("record_call_url", "")  # set once there is a file
        yield record
        self._scope.set("record_call_result", "success")

    def _stop_record_call(self, arguments: dict[str, Any], _depth: int) -> Work:
        control = verbs.text(self._filled(arguments), "control_id", "")
        yield StopRecord(control)
        self._scope.set("stop_record_call_result", "success")

    def _connect(self, arguments: dict[str, Any], depth: int) -> Work:
        outcome = arguments.get("result")
        result = yield verbs.connect(self._filled({**arguments, "result": None}))
        assert isinstance(result, ConnectResult), "the reply to Connect"
        value = "connected" if result.connected else "failed"
        self._scope.set("connect_result", value)
        self._scope.set("connect_failed_reason", result.reason)
        self._scope.set("return_value", value)
        yield from self._outcome(outcome, depth)

    def _request(self, arguments: dict[str, Any], _depth: int) -> Work:
        asked = verbs.request(self._filled(arguments))
        self._scope.set("request_url", asked.url)
        if not self._scope.requests:
            self._scope.set("request_result", "failed")
            yield Accepted("request", f"{asked.method} {asked.url}: requests of scripts are off")
            return
        response = yield asked
        assert isinstance(response, Response), "the reply to Request"
        good = 200 <= response.status < 300
        self._scope.set("request_result", "success" if good else "failed")
        self._scope.set("request_response_code", response.status)
        self._scope.set("request_response_body", response.body)
        self._scope.set("request_response_headers", response.headers)
        self._scope.set("return_value", response.status)

    # Variables.

    def _set(self, arguments: dict[str, Any], _depth: int) -> Work:
        for name, value in self._filled(arguments).items():
            self._scope.set(name, value)
        yield from ()

    def _unset(self, arguments: dict[str, Any], _depth: int) -> Work:
        names = self._filled(arguments).get("value")
        for name in names if isinstance(names, list) else [names]:
            if not isinstance(name, str):
                raise wrong_value("unset: a name, or a list of names")
            self._scope.vars.pop(name.removeprefix("vars."), None)
        yield from ()

    # Flow.

    def _nothing(self, _arguments: dict[str, Any], _depth: int) -> Work:
        yield from ()

    def _goto(self, step: Step) -> None:
        arguments = step.arguments
        label, most = arguments.get("label"), arguments.get("max", LIMIT_JUMPS)
        if not isinstance(label, str):
            raise missing("goto.label is missing")
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= LIMIT_JUMPS:
            raise wrong_value(f"goto.max: a number from 1 to {LIMIT_JUMPS}")
        if "when" in arguments and not self._holds(arguments["when"]):
            return
        jumps = self._jumps[id(step)] = self._jumps.get(id(step), 0) + 1
        if jumps > most:
            return
        filled = self._scope.filled(label)
        if not isinstance(filled, str):
            raise wrong_value(f"goto.label: a text, not {verbs.short(filled)}")
        raise _Jump(filled)

    def _execute(self, arguments: dict[str, Any], depth: int) -> Work:
        dest = self._scope.filled(arguments.get("dest"))
        before, whole = self._scope.params, self._script
        given = self._scope.filled(arguments.get("params") or {})
        if not isinstance(given, dict):
            raise wrong_value("execute.params: an object")
        self._script, section = yield from self._found("execute", dest)
        self._scope.params = given
        self._scope.set("return_value", "")
        try:
            yield from self._section(section, depth + 1)
        except _Return:
            pass
        except _Jump as jump:
            raise _no_label(jump.label) from None
        finally:
            self._scope.params, self._script = before, whole
        if arguments.get("on_return") is not None:
            yield from self._section(
                self._read(arguments["on_return"], "execute.on_return"), depth + 1
            )
        yield from self._outcome(arguments.get("result"), depth)

    def _return(self, arguments: dict[str, Any], _depth: int) -> Work:
        value = arguments["value"] if set(arguments) == {"value"} else arguments
        self._scope.set("return_value", self._scope.filled(value) if value != {} else "")
        yield from ()
        raise _Return

    def _transfer(self, arguments: dict[str, Any], _depth: int) -> Work:
        self._transfers += 1
        if self._transfers > LIMIT_TRANSFERS:
            problem = f"more than {LIMIT_TRANSFERS} transfers"
            raise ScriptError("relay_script_too_many_transfers", problem)
        given = self._scope.filled(arguments.get("params") or {})
        if not isinstance(given, dict):
            raise wrong_value("transfer.params: an object")
        script, section = yield from self._found(
            "transfer", self._scope.filled(arguments.get("dest"))
        )
        raise _Transfer(script, section, given)

    def _found(
        self, verb: str, dest: object
    ) -> Generator[Cue, Reply, tuple[Script, tuple[Step, ...]]]:
        """Return the script and the steps that ``dest`` names: a section, a URL, a document."""
        if dest in (None, ""):
            raise missing(f"{verb}.dest is missing")
        if isinstance(dest, dict) or (isinstance(dest, str) and dest.lstrip().startswith("{")):
            script = parse(dest)
            return script, script.main
        if isinstance(dest, str) and dest.startswith(("http://", "https://")):
            fetched = yield Fetch(verb, dest)
            if isinstance(fetched, Script):
                return fetched, fetched.main
            raise ScriptError("relay_script_method_execute_failed", f"{verb}: {fetched}")
        section = self._script.section(dest) if isinstance(dest, str) else None
        if section is None and verb == "transfer" and verbs.is_destination(dest):
            script = Script((Step("connect", {"to": dest}),))
            return script, script.main
        if section is None:
            shown = verbs.short(dest)
            raise wrong_value(f"{verb}.dest: a section, a URL or a document, not {shown}")
        return self._script, section

    def _switch(self, arguments: dict[str, Any], depth: int) -> Work:
        variable, cases = arguments.get("variable"), arguments.get("case")
        if not isinstance(variable, str) or not isinstance(cases, dict):
            raise missing("switch needs variable and case")
        path = variable.removeprefix("${").removeprefix("%{").removesuffix("}")
        yield from self._case(self._scope.lookup(path) if path else None, arguments, depth)

    def _case(self, value: object, arguments: dict[str, Any], depth: int) -> Work:
        chosen = arguments["case"].get(as_text(value), arguments.get("default"))
        if chosen is None:
            problem = f"switch: no case for {verbs.short(value)}"
            raise ScriptError("relay_script_method_no_matching_condition", problem)
        yield from self._section(self._read(chosen, "switch.case"), depth + 1)

    def _cond(self, branches: object, depth: int) -> Work:
        """Run the first branch whose condition holds; none is as good."""
        for branch in branches if isinstance(branches, list) else [branches]:
            if not isinstance(branch, dict):
                raise wrong_value("cond: a list of objects with when and then")
            if "when" not in branch and "else" in branch:
                yield from self._section(self._read(branch["else"], "cond.else"), depth + 1)
                return
            if "when" not in branch or "then" not in branch:
                raise missing("cond needs when and then")
            if self._holds(branch["when"]):
                yield from self._section(self._read(branch["then"], "cond.then"), depth + 1)
                return
            if "else" in branch:
                yield from self._section(self._read(branch["else"], "cond.else"), depth + 1)
                return

    def _read(self, section: object, where: str) -> tuple[Step, ...]:
        known = self._nested.get(id(section))
        if known is None:
            if len(self._nested) >= LIMIT_NESTED:
                self._nested.clear()
            known = self._nested[id(section)] = section, steps(section, where)
        return known[1]

    def _outcome(self, result: object, depth: int) -> Work:
        """Run what ``result`` says about the value of a section or a connection."""
        if result is None:
            return
        if isinstance(result, list):
            yield from self._cond(result, depth)
        elif isinstance(result, dict) and isinstance(result.get("case"), dict):
            yield from self._case(self._scope.lookup("return_value"), result, depth)
        else:
            raise wrong_value("result: an object with case, or a list of conditions")

    def _holds(self, when: object) -> bool:
        if isinstance(when, bool):
            return when
        if not isinstance(when, str):
            raise wrong_value("when: an expression as a text")
        filled = self._scope.filled(when) if "{" in when else when
        if not isinstance(filled, str):
            return truth(filled)
        return truth(evaluate(filled, self._scope.lookup))


# Not a table of bound methods in each run: that is a cycle, which the collector alone frees.
_HANDLERS: dict[str, Callable[[_Run, dict[str, Any], int], Work]] = {
    "answer": _Run._answer,
    "play": _Run._play,
    "sleep": _Run._sleep,
    "hangup": _Run._hangup,
    "set": _Run._set,
    "unset": _Run._unset,
    "label": _Run._nothing,
    "execute": _Run._execute,
    "return": _Run._return,
    "transfer": _Run._transfer,
    "switch": _Run._switch,
    "send_digits": _Run._send_digits,
    "user_event": _Run._user_event,
    "request": _Run._request,
    "record_call": _Run._record_call,
    "stop_record_call": _Run._stop_record_call,
    "connect": _Run._connect,
}
