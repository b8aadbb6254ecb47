"""Where a call leads: addresses, SIP URIs and phone numbers. Pure; nothing outside is ever called.

A SIP URI of this stand-in leads to the SIP endpoint of that user name, else as its user part says.
A number of the project leads to what it is assigned to. Any other number is that of a simulated
person, and any other host is refused.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

import msgspec

from ringproof_fakeserver.protocol.directory import CONTEXT, Directory
from ringproof_fakeserver.protocol.phone_numbers import PhoneNumber
from ringproof_fakeserver.protocol.settings import Settings
from ringproof_fakeserver.protocol.sip_endpoints import SipEndpoints

OWN_HOSTS = frozenset(["127.0.0.1", "::1", "localhost"])
"""Hosts of SIP URIs that are this stand-in's whatever it is called."""

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SIP_URI = re.compile(r"sips?:([^@;?\s]{1,256})@([^;?\s]{1,256})(?:[;?].*)?", re.IGNORECASE)
_PORT = re.compile(r":[0-9]{1,5}$")


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """What is reached; exactly one of ``subscriber``, ``phone`` and ``problem`` is not empty."""

    subscriber: str = ""
    """Id of whose devices ring."""
    endpoint: str = ""
    """Id of the SIP endpoint whose user agents alone ring; empty: all devices."""
    phone: str = ""
    """The number of a simulated person."""
    problem: str = ""
    """Why nobody is reached."""
    unsupported: bool = False
    """Of a problem: there is such a destination, and calls to it are not simulated."""


class Destinations:
    """Finds the destinations of a project."""

    def __init__(self, directory: Directory, endpoints: SipEndpoints, settings: Settings) -> None:
        self._directory = directory
        self._endpoints = endpoints
        self._hosts = OWN_HOSTS | {host.strip("[]").lower() for host in settings.sip_hosts}

    def find(self, to: str) -> Destination:
        """Return where a call to this address, SIP URI or number leads."""
        if to.lower().startswith(("sip:", "sips:")):
            return self._of_uri(to)
        if _NUMBER.fullmatch(to.partition("?")[0]):
            return self._of_number(to.partition("?")[0])
        return self._of_address(to)

    def is_endpoint(self, uri: str) -> bool:
        """Whether a SIP URI is that of a SIP endpoint of the project."""
        return uri.lower().startswith(("sip:", "sips:")) and bool(self._of_uri(uri).endpoint)

    def _of_address(self, to: str) -> Destination:
        subscriber = self._directory.resolve(to)
        if subscriber is not None:
            return Destination(subscriber=subscriber.id)
        address = self._directory.by_name(to)
        if address is not None:
            problem = f"a call to a resource of type {address.type} is not simulated"
            return Destination(problem=problem, unsupported=True)
        return Destination(problem="there is no such address")

    def _of_uri(self, to: str) -> Destination:
        match = _SIP_URI.fullmatch(to)
        if match is None:
            return Destination(problem="the SIP URI cannot be read")
        try:
            # A password may follow the user (RFC 3261, section 19.1.1); calls need none.
            user = unquote(match[1].partition(":")[0], errors="strict")
        except UnicodeDecodeError:
            return Destination(problem="the SIP URI cannot be read")
        host = _PORT.sub("", match[2]).strip("[]").lower()
        if host not in self._hosts:
            problem = f"the host {host} is another's: nothing is called outside this stand-in"
            return Destination(problem=problem, unsupported=True)
        endpoint = self._endpoints.by_username(user)
        if endpoint is not None:
            return self._of_endpoint(endpoint.id)
        if _NUMBER.fullmatch(user):
            return self._of_number(user)
        return self._of_address(CONTEXT + quote(user, safe=""))

    def _of_endpoint(self, endpoint_id: str) -> Destination:
        endpoint = self._endpoints.get(endpoint_id)
        owner = None if endpoint is None else self._directory.by_resource(endpoint.subscriber)
        if endpoint is None or owner is None:
            return Destination(problem="there is no such SIP endpoint")
        return Destination(subscriber=owner.id, endpoint=endpoint.id)

    def _of_number(self, number: str) -> Destination:
        owned = self._directory.phone_numbers.by_number(number)
        return Destination(phone=number) if owned is None else self._of_owned(owned)

    def _of_owned(self, number: PhoneNumber) -> Destination:
        handler = number.settings.get("call_handler", "")
        if handler == "relay_sip_endpoint":
            return self._of_endpoint(number.settings.get("call_sip_endpoint_id", ""))
        if handler == "relay_verto_endpoint":
            return self._of_address(number.settings.get("call_verto_resource", ""))
        if handler:
            problem = f"a number whose call_handler is {handler} is not simulated"
            return Destination(problem=problem, unsupported=True)
        return Destination(problem=f"the number {number.number} is assigned to nothing")
