"""A made-up inventory of phone numbers: some can be bought, those that were are kept. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ringproof_fakeserver.protocol.moments import iso_time

MOST_NUMBERS = 1_000
AREAS = ("202", "212", "312", "415", "512", "617")
PER_AREA = 100
"""+1 AAA 555 0100 to 0199: numbers that are set aside for fiction."""

_NUMBER = re.compile(r"\+1[0-9]{3}55501[0-9]{2}")

SETTINGS = (
    *("name", "call_handler", "call_receive_mode", "call_request_url", "call_request_method"),
    *("call_fallback_url", "call_fallback_method", "call_status_callback_url"),
    *("call_status_callback_method", "call_laml_application_id", "call_dialogflow_agent_id"),
    *("call_relay_topic", "call_relay_topic_status_callback_url", "call_relay_script_url"),
    *("call_relay_context", "call_relay_context_status_callback_url", "call_relay_application"),
    *("call_relay_connector_id", "call_sip_endpoint_id", "call_verto_resource"),
    *("call_video_room_id", "message_handler", "message_request_url", "message_request_method"),
    *("message_fallback_url", "message_fallback_method", "message_laml_application_id"),
    *("message_relay_topic", "message_relay_context", "message_relay_application"),
)
"""What may be set of a number. ``call_handler`` says which of the others a call follows."""


class PhoneNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number that was bought."""

    id: str
    number: str
    settings: dict[str, str] = {}
    created_ms: int
    updated_ms: int

    def as_json(self) -> dict[str, Any]:
        """Return the body of the number."""
        return {
            "id": self.id,
            "number": self.number,
            "capabilities": ["voice", "fax", "sms", "mms"],
            "number_type": "longcode",
            "country_code": "US",
            "e911_address_id": None,
            "created_at": iso_time(self.created_ms),
            "updated_at": iso_time(self.updated_ms),
            "next_billed_at": None,
            **{name: self.settings.get(name) for name in SETTINGS},
        }


class PhoneNumbers:
    """The numbers of a project, oldest first."""

    def __init__(self) -> None:
        self._by_id: dict[str, PhoneNumber] = {}

    def available(self, area: str = "") -> Iterator[str]:
        """Yield the numbers that can be bought, of one area code or all."""
        taken = {each.number for each in self._by_id.values()}
        for code in (area,) if area else AREAS:
            for last in range(100, 100 + PER_AREA):
                number = f"+1{code}5550{last}"
                if number not in taken:
                    yield number

    def buyable(self, number: str) -> bool:
        """Whether the number is one of the inventory that nobody has."""
        free = all(each.number != number for each in self._by_id.values())
        return free and _NUMBER.fullmatch(number) is not None and len(self._by_id) < MOST_NUMBERS

    def buy(self, number: str, number_id: str, now_ms: int) -> PhoneNumber:
        """Keep a number that is buyable."""
        bought = PhoneNumber(id=number_id, number=number, created_ms=now_ms, updated_ms=now_ms)
        self._by_id[number_id] = bought
        return bought

    def update(self, number: PhoneNumber, given: Mapping[str, Any], now_ms: int) -> PhoneNumber:
        """Change settings; None clears one, unknown ones are ignored."""
        known = {name: value for name, value in given.items() if name in SETTINGS}
        settings = {
            name: value for name, value in {**number.settings, **known}.items() if value is not None
        }
        changed = msgspec.structs.replace(number, settings=settings, updated_ms=now_ms)
        self._by_id[number.id] = changed
        return changed

    def by_number(self, number: str) -> PhoneNumber | None:
        """Return a number that was bought, by E.164, or None."""
        return next((each for each in self._by_id.values() if each.number == number), None)

    def get(self, number_id: str) -> PhoneNumber | None:
        """Return a number by id, or None."""
        return self._by_id.get(number_id)

    def release(self, number: PhoneNumber) -> None:
        """Give a number back."""
        self._by_id.pop(number.id, None)

    def all(self) -> list[PhoneNumber]:
        """Return all numbers that were bought."""
        return list(self._by_id.values())
