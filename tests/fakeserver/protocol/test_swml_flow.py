"""Running scripts: variables, conditions, jumps, sections, and what a script asks of its leg."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringproof_fakeserver.protocol import operation
from ringproof_fakeserver.protocol.swml import (
    Accepted,
    Connect,
    ConnectResult,
    Cue,
    Fetch,
    Finish,
    Play,
    Record,
    Reply,
    Request,
    Response,
    Scope,
    ScriptError,
    SendDigits,
    StopRecord,
    Target,
    UserEvent,
    Wait,
    parse,
    run,
)
from ringproof_fakeserver.protocol.swml.document import VERBS
from ringproof_fakeserver.protocol.swml.expression import evaluate, truth

HANDLED = frozenset(
    {
        *("answer", "play", "sleep", "hangup", "set", "unset", "label", "execute", "return"),
        *("transfer", "switch", "cond", "goto", "send_digits", "user_event", "request"),
        *("record_call", "stop_record_call", "connect"),
    }
)
SAY = {"play": "http://a.test/${said}"}


def whole(
    *main: Any, replies: list[Reply] | None = None, scope: Scope | None = None, **sections: Any
) -> list[Cue]:
    """Run a document to its end; ``replies`` go to the cues that have one, in order."""
    waiting = list(replies or [])
    work = run(parse({"sections": {"main": list(main), **sections}}), scope)
    found: list[Cue] = []
    reply: Reply = None
    while True:
        cue = work.send(reply)
        found.append(cue)
        if isinstance(cue, Finish):
            return found
        has_reply = isinstance(cue, Fetch | Request | Connect | SendDigits | Record)
        reply = waiting.pop(0) if has_reply and waiting else None


def said(*main: Any, **more: Any) -> list[str]:
    """What a document played, without the beginning of each URL; the end where it failed."""
    *cues, last = whole(*main, **more)
    assert isinstance(last, Finish)
    urls = [cue.urls[0] for cue in cues if isinstance(cue, Play)]
    words = [url.removeprefix("http://a.test/") for url in urls]
    return [*words, *([last.note.partition(":")[0]] if last.note else [])]


def say(word: str) -> dict[str, str]:
    return {"play": f"http://a.test/{word}"}


class TestVariables:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("${name}", "Ann"),
            ("%{vars.name}", "Ann"),
            ("${ vars.name }", "Ann"),
            ("${order.items[1].id}", "7"),
            ("${order.items[9].id}", ""),
            ("${lang}", "en"),
            ("${envs.lang}", "en"),
            ("${call.from}", "+1555"),
            ("${from}", "+1555"),
            ("${params.name}", ""),
            ("${nothing}", ""),
            ("a${name}b%{lang}c", "aAnnbenc"),
            ("${vars.count + 1}", "3"),
            ("${vars.count > 1 && name == 'Ann'}", "true"),
            ("no place {here}", "no place {here}"),
        ],
    )
    def test_places_are_filled(self, text: str, value: str) -> None:
        scope = Scope({"from": "+1555"}, {"lang": "en"})
        order = {"items": [{"id": 1}, {"id": 7}]}
        given_ = {"set": {"name": "Ann", "count": 2, "order": order}}
        assert said(given_, {"set": {"said": text}}, SAY, scope=scope) == [value]

    def test_unset_variables_are_empty(self) -> None:
        assert said({"set": {"said": "x"}}, {"unset": "said"}, SAY) == [""]
        assert said({"set": {"said": "x"}}, {"unset": ["a", "vars.said"]}, SAY) == [""]

    def test_a_place_alone_keeps_its_type(self) -> None:
        steps = [{"set": {"a": {"b": [1]}}}, {"set": {"c": "${a}"}}, {"set": {"said": "${c.b[0]}"}}]
        assert said(*steps, SAY) == ["1"]

    @pytest.mark.parametrize(
        "grow",
        [
            {"a": "${a}${a}"},
            {"a": {"x": "${a}", "y": "${a}"}},
            {"a": ["${a}", "${a}"]},
        ],
    )
    def test_variables_cannot_grow_without_bound(self, grow: Any) -> None:
        steps = [{"set": {"a": "x" * 100}}, {"label": "again"}, {"set": grow}, {"goto": "again"}]
        assert said(*steps) == ["relay_script_element_invalid_value"]

    def test_there_are_only_so_many(self) -> None:
        many = {f"v{number}": 1 for number in range(1_001)}
        assert said({"set": many}) == ["relay_script_element_invalid_value"]


class TestFlow:
    def test_sections_are_executed_and_come_back(self) -> None:
        greet = [{"set": {"said": "hello-${params.name}"}}, SAY, {"return": "${params.name}!"}]
        main = [
            {"execute": {"dest": "greet", "params": {"name": "ann"}}},
            {"set": {"said": "back-${return_value}-${params.name}"}},
            SAY,
        ]
        assert said(*main, greet=greet) == ["hello-ann", "back-ann!-"]

    def test_what_was_returned_chooses_what_follows(self) -> None:
        execute = {
            "dest": "ask",
            "on_return": [say("returned")],
            "result": {"case": {"1": [say("one")]}, "default": [say("other")]},
        }
        assert said({"execute": execute}, ask=[{"return": 1}]) == ["returned", "one"]
        assert said({"execute": execute}, ask=[{"return": {"a": 1}}]) == ["returned", "other"]
        cond = {**execute, "result": [{"when": "return_value == 1", "then": [say("yes")]}]}
        assert said({"execute": cond}, ask=[{"return": 1}]) == ["returned", "yes"]

    def test_return_ends_the_script_in_main(self) -> None:
        assert said(say("a"), {"cond": [{"when": "true", "then": ["return"]}]}, say("b")) == ["a"]

    def test_transfer_does_not_come_back(self) -> None:
        main = [{"transfer": {"dest": "other", "params": {"n": 1}}}, say("never")]
        other = [{"set": {"said": "n${params.n}"}}, SAY]
        assert said(*main, other=other) == ["n1"]

    def test_transfer_inside_a_section_takes_its_params_along(self) -> None:
        handed = {"transfer": {"dest": "other", "params": {"n": 1}}}
        steps = [{"set": {"said": "${params.n}"}}, SAY]
        main = [{"execute": {"dest": "desk", "params": {"n": 2}}}]
        assert said(*main, desk=[handed], other=steps) == ["1"]

    def test_transfers_are_bounded(self) -> None:
        assert said({"transfer": "main"}) == ["relay_script_too_many_transfers"]

    @pytest.mark.parametrize("verb", ["execute", "transfer"])
    def test_documents_come_from_urls_and_inline(self, verb: str) -> None:
        document = {"sections": {"main": [say("inside")]}}
        text = '{"sections": {"main": [{"play": "http://a.test/inside"}]}}'
        for dest, replies in (("http://x", [parse(document)]), (document, []), (text, [])):
            assert said({verb: {"dest": dest}}, replies=replies) == ["inside"]
        failed = said({verb: "http://x"}, replies=["404"])
        assert failed == ["relay_script_method_execute_failed"]

    def test_sections_of_another_document_are_its_own(self) -> None:
        document = parse({"sections": {"main": [{"execute": "own"}], "own": [say("theirs")]}})
        main = [{"execute": "http://x"}, {"execute": "own"}]
        assert said(*main, own=[say("ours")], replies=[document]) == ["theirs", "ours"]

    def test_the_first_condition_that_holds_is_taken(self) -> None:
        cond = [
            {"when": "n > 5", "then": [say("many")]},
            {"when": "n > 1", "then": [say("some")]},
            {"else": [say("few")]},
        ]
        for number, word in ((7, "many"), (2, "some"), (0, "few")):
            assert said({"set": {"n": number}}, {"cond": cond}) == [word]
        assert said({"cond": [{"when": "false", "then": [], "else": [say("else")]}]}) == ["else"]
        assert said({"cond": [{"when": "false", "then": [say("x")]}]}, say("on")) == ["on"]

    def test_switch_has_cases_and_a_default(self) -> None:
        switch = {"variable": "n", "case": {"1": [say("one")], "true": [say("yes")]}}
        assert said({"set": {"n": 1}}, {"switch": switch}) == ["one"]
        assert said({"set": {"n": True}}, {"switch": switch}) == ["yes"]
        assert said({"switch": {**switch, "default": [say("none")]}}) == ["none"]
        assert said({"switch": switch}) == ["relay_script_method_no_matching_condition"]

    def test_jumps_are_counted(self) -> None:
        main = [{"label": "top"}, say("x"), {"goto": {"label": "top", "max": 3}}, say("end")]
        assert said(*main) == ["x"] * 4 + ["end"]

    def test_jumps_out_of_conditions_are_counted_too(self) -> None:
        again = {"cond": [{"when": "true", "then": [{"goto": {"label": "top", "max": 2}}]}]}
        assert said({"label": "top"}, say("x"), again) == ["x"] * 3

    def test_jumps_may_have_a_condition(self) -> None:
        main = [
            {"set": {"n": 0}},
            {"label": "top"},
            {"set": {"n": "${vars.n + 1}"}},
            {"goto": {"label": "top", "when": "n < 5"}},
            {"set": {"said": "${n}"}},
            SAY,
        ]
        assert said(*main) == ["5"]

    def test_jumps_stay_in_their_section(self) -> None:
        wrong = ["relay_script_method_parameter_invalid_value"]
        assert said({"goto": "nowhere"}) == wrong
        assert said({"label": "top"}, {"execute": "inner"}, inner=[{"goto": "top"}]) == wrong

    def test_loops_end_by_the_number_of_steps(self) -> None:
        inner = [{"set": {"a": number}} for number in range(200)]
        assert said(*[{"execute": "inner"}] * 200, inner=inner) == ["relay_script_internal_error"]

    def test_nesting_is_bounded(self) -> None:
        assert said({"execute": "main"}) == ["relay_script_nested_too_deep"]
        deep: Any = [say("x")]
        for _ in range(40):
            deep = [{"cond": [{"when": "true", "then": deep}]}]
        assert said(*deep) == ["relay_script_nested_too_deep"]

    @pytest.mark.parametrize(
        "step",
        [
            {"execute": {}},
            {"execute": {"dest": "main", "params": 7}},
            {"execute": {"dest": 7}},
            {"execute": {"dest": "inner", "result": 7}},
            {"execute": {"dest": {"sections": {}}}},
            {"transfer": {}},
            {"transfer": {"dest": "main", "params": [7]}},
            {"transfer": "relay:office"},
            {"cond": 7},
            {"cond": [{"when": "true"}]},
            {"cond": [{"when": 7, "then": []}]},
            {"cond": [{"when": "1 +", "then": []}]},
            {"cond": [{"when": "true", "then": 7}]},
            {"switch": {}},
            {"switch": {"variable": "x", "case": {}, "default": [7]}},
            {"goto": {}},
            {"goto": {"label": "x", "max": 0}},
            {"unset": 7},
            {"send_digits": {}},
            {"send_digits": "x"},
            {"user_event": {}},
            {"record_call": {"terminators": "x"}},
            {"record_call": {"max_length": -1}},
            {"request": {}},
            {"request": {"url": "http://x", "method": "HEAD"}},
            {"request": {"url": "file:///etc/passwd", "method": "GET"}},
            {"request": {"url": "http://x", "method": "GET", "headers": {"a\r\nb": "c"}}},
            {"connect": {}},
            {"connect": {"to": "/private/a", "serial": []}},
            {"connect": {"serial": []}},
            {"connect": {"parallel": [{"to": ""}]}},
            {"connect": {"parallel": [{"to": "a"}] * 101}},
            {"connect": {"to": "a", "timeout": 0}},
            {"connect": {"to": "a", "call_state_events": "ended"}},
        ],
    )
    def test_wrong_arguments_end_the_script_with_a_code(self, step: Any) -> None:
        [*_, last] = whole(step, inner=["return"])
        assert isinstance(last, Finish)
        assert last.reason == "error"
        assert last.note.startswith("relay_script_")
        assert len(last.note) < 300


class TestLeg:
    def test_digits_are_sent_and_the_outcome_is_known(self) -> None:
        main = [{"send_digits": "12w#"}, {"set": {"said": "${send_digits_result}"}}, SAY]
        assert whole(*main)[0] == SendDigits("12w#")
        assert said(*main) == ["success"]
        assert said(*main, replies=["no way"]) == ["failed"]

    def test_user_events_are_pushed(self) -> None:
        assert whole({"user_event": {"event": {"a": "${call.to}"}}})[0] == UserEvent({"a": ""})

    def test_recordings_begin_and_end(self) -> None:
        main = [
            {"record_call": {"max_length": 2, "terminators": "#"}},
            {"record_call": {"control_id": "mine", "status_url": "http://s"}},
            {"set": {"said": "${record_control_id}"}},
            SAY,
            {"stop_record_call": {"control_id": "mine"}},
            "stop_record_call",
        ]
        assert whole(*main)[:-1] == [
            Record("script-1", operation.Record(2_000, "#")),
            Record("mine", operation.Record(), "http://s"),
            Play(("http://a.test/mine",)),
            StopRecord("mine"),
            StopRecord(""),
        ]

    @pytest.mark.parametrize(
        ("arguments", "groups"),
        [
            ("/private/a", ((Target("/private/a"),),)),
            ({"to": "a", "timeout": 5, "from": "b"}, ((Target("a", "b", timeout_ms=5_000),),)),
            (
                {"serial": [{"to": "a"}, {"to": "b", "timeout": 9}], "timeout": 5},
                ((Target("a", timeout_ms=5_000),), (Target("b", timeout_ms=9_000),)),
            ),
            ({"parallel": [{"to": "a"}, {"to": "b"}]}, ((Target("a"), Target("b")),)),
            (
                {"serial_parallel": [[{"to": "a"}], [{"to": "b"}, {"to": "c"}]]},
                ((Target("a"),), (Target("b"), Target("c"))),
            ),
        ],
    )
    def test_connections_have_groups_of_targets(self, arguments: Any, groups: Any) -> None:
        result = ConnectResult(True)
        assert whole({"connect": arguments}, replies=[result])[0] == Connect(groups)

    def test_what_came_of_a_connection_is_known(self) -> None:
        connect = {"to": "a", "result": {"case": {"failed": [say("nobody")]}, "default": []}}
        main = [{"connect": connect}, {"set": {"said": "${connect_failed_reason}"}}, SAY]
        assert said(*main, replies=[ConnectResult(False, "no_answer")]) == ["nobody", "no_answer"]
        assert said(*main, replies=[ConnectResult(True)]) == [""]

    def test_requests_are_off_unless_they_are_allowed(self) -> None:
        main = [
            {"request": {"url": "http://x", "method": "GET"}},
            {"set": {"said": "${request_result}-${request_response_code}"}},
            SAY,
        ]
        assert said(*main) == ["failed-"]
        assert isinstance(whole(*main)[0], Accepted)
        for status, word in ((200, "success-200"), (500, "failed-500"), (0, "failed-0")):
            replies: list[Reply] = [Response(status, "body")]
            assert said(*main, replies=replies, scope=Scope(requests=True)) == [word]

    @pytest.mark.parametrize("verb", sorted(VERBS - HANDLED))
    def test_other_verbs_are_accepted_and_logged(self, verb: str) -> None:
        main = [{verb: {"any": 1}}, {"set": {"said": f"${{{verb}_result}}"}}, SAY]
        assert said(*main) == ["success"]
        assert whole(*main)[0] == Accepted(verb, "accepted; not simulated here")

    def test_verbs_whose_effect_is_the_script_itself_wait_for_nobody(self) -> None:
        assert whole("answer", {"label": "x"}, {"set": {"a": 1}}) == [Finish("", "hangup")]
        assert whole({"sleep": "${n}"}, scope=Scope(envs={"n": 5}))[0] == Wait("sleep", 5)


def lookup(path: str) -> Any:
    return {"n": 5, "s": "text", "b": True, "o": {"a": 1}}.get(path)


class TestExpressions:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("1 + 2 * 3", 7),
            ("(1 + 2) * 3", 9),
            ("-n + 1", -4),
            ("7 % 4 - 0.5", 2.5),
            ("10 / 4", 2.5),
            ("'a' + n", "a5"),
            ("'a' + true", "atrue"),
            ("n == '5'", True),
            ("n === '5'", False),
            ("n === 5.0", True),
            ("n !== 5", False),
            ("s != 'text'", False),
            ("'b' > 'a'", True),
            ("'10' > 9", True),
            ("nothing == null", True),
            ("nothing == 0", False),
            ("!nothing && b", True),
            ("nothing || 'other'", "other"),
            ("!(n >= 5)", False),
            ("n <= 5 == true", True),
            ("\"x\" == 'x'", True),
        ],
    )
    def test_values(self, text: str, value: Any) -> None:
        assert evaluate(text, lookup) == value

    @pytest.mark.parametrize(
        "text",
        [
            *("", "1 +", "(1", "1)", "1 2", "n = 5", "f(1)", "a;b", "'open", "n++", "x" * 2_000),
            *("(" * 500 + "1" + ")" * 500, "!" * 500 + "1", "__import__('os')"),
        ],
    )
    def test_what_is_no_expression(self, text: str) -> None:
        with pytest.raises(ScriptError) as caught:
            evaluate(text, lookup)
        assert caught.value.code == "relay_script_js_eval_error"

    def test_numbers_of_any_length_are_numbers(self) -> None:
        long = "9" * 310
        assert evaluate(f"{long} > 1", lookup) is True
        assert evaluate(f"-{long} < 1", lookup) is True
        assert evaluate(f"{long} == 'a'", lookup) is False
        assert evaluate(f"{'9' * 30} + 0", lookup) == 1e30

    @given(st.text(alphabet="n s'\"()!=<>&|+-*/%0123.5,", max_size=40))
    def test_whatever_is_written_is_a_value_or_the_documented_error(self, text: str) -> None:
        with contextlib.suppress(ScriptError):
            truth(evaluate(text, lookup))


STEPS = st.deferred(
    lambda: st.lists(
        st.sampled_from(
            [
                {"label": "a"},
                {"goto": "a"},
                {"goto": {"label": "a", "when": "x < 3", "max": 5}},
                {"set": {"x": "${vars.x + 1}", "y": "${y}${y}z"}},
                {"sleep": 1},
                {"execute": "other"},
                {"transfer": "other"},
                "return",
                {"hangup": "busy"},
                {"play": "silence:1"},
                {"connect": "b"},
            ]
        )
        | st.builds(lambda inner: {"cond": [{"when": "x > 2", "then": inner}]}, STEPS),
        max_size=5,
    )
)


@given(main=STEPS, other=STEPS)
def test_every_script_ends(main: Any, other: Any) -> None:
    work = run(parse({"sections": {"main": main, "other": other}}))
    reply: Reply = None
    for _ in range(30_000):
        cue = work.send(reply)
        if isinstance(cue, Finish):
            return
        reply = ConnectResult(False) if isinstance(cue, Connect) else None
    raise AssertionError("a script without end")


NAMES = (
    *("url", "urls", "duration", "reason", "dest", "params", "label", "when", "max", "variable"),
    *("case", "default", "then", "else", "event", "digits", "method", "headers", "body", "to"),
    *("serial", "parallel", "serial_parallel", "timeout", "result", "on_return", "control_id"),
)
TEXTS = st.sampled_from(
    [
        *("a", "b", "other", "", "say: hello", "silence:1", "ring:us", "http://a.test/x", "12#"),
        *("${vars.x}", "%{params.y}", "${x[0]}", "a${x}b", "${call}", "***", "é", "x > 1"),
        *(f"${{{'9' * 310} > 1}}", f"x[{'9' * 5_000}]", "{", "{main: [goto: a]}", "GET"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS | st.sampled_from(NAMES), inner, max_size=4)
        | st.lists(st.dictionaries(st.sampled_from(sorted(VERBS)), inner, max_size=1), max_size=3)
    ),
    max_leaves=12,
)
ANY_STEP = (
    st.dictionaries(st.sampled_from(sorted(HANDLED)), VALUES, min_size=1, max_size=1)
    | st.builds(lambda value: {"set": {"x": value}}, VALUES)
    | st.sampled_from(["return", "answer", {"label": "a"}, {"goto": "${vars.x}"}])
)
ANY_STEPS = st.lists(ANY_STEP, max_size=5)
REPLIES = {
    Connect: ConnectResult(True),
    Request: Response(200, "{}"),
    Record: "http://a.test/r",
    Fetch: "nothing there",
    SendDigits: "",
}


@given(main=ANY_STEPS, other=ANY_STEPS)
def test_whatever_a_document_says_ends_as_the_document_does(main: Any, other: Any) -> None:
    try:
        script = parse({"sections": {"main": main, "other": other}})
    except ScriptError:
        return
    work = run(script, Scope({"id": "c1"}, requests=True))
    reply: Reply = None
    for _ in range(200):
        cue = work.send(reply)
        assert msgspec.json.encode(cue), "what is sent on must be JSON"
        if isinstance(cue, Finish):
            return
        reply = REPLIES.get(type(cue))
