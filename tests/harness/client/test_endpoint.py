"""Hosts from the token's header."""

import base64
import json

import pytest

from ringproof.client.endpoint import Endpoint, locate
from ringproof.client.promise import CredentialError


def token(**header):
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    return f"{head}.x.y"


def test_localhost_names_are_loopback():
    socket_at, rest_at = locate(token(ch="puc.lab.localhost:8443"), None, None)
    assert socket_at == Endpoint("puc.lab.localhost", 8443, "127.0.0.1", 8443)
    assert rest_at == Endpoint("fabric.lab.localhost", 8443, "127.0.0.1", 8443)
    assert rest_at.authority == "fabric.lab.localhost:8443"


def test_real_names_are_resolved_as_they_are():
    socket_at, rest_at = locate(token(ch="puc.example.com"), None, None)
    assert socket_at == Endpoint("puc.example.com", 443, "puc.example.com", 443)
    assert rest_at.authority == "fabric.example.com"


def test_given_urls_replace_the_address_and_keep_the_names():
    socket_at, rest_at = locate(
        token(ch="puc.lab.localhost:8443"), "wss://127.0.0.2:9000/", "https://127.0.0.3:9001"
    )
    assert socket_at == Endpoint("puc.lab.localhost", 8443, "127.0.0.2", 9000)
    assert rest_at == Endpoint("fabric.lab.localhost", 8443, "127.0.0.3", 9001)


@pytest.mark.parametrize("text", ["", "x", "é.x.y", "e30.x.y", "bm9uc2Vuc2U.x.y", "W10.x.y"])
def test_token_without_a_readable_host_is_refused(text):
    with pytest.raises(CredentialError):
        locate(text, None, None)


@pytest.mark.parametrize("channel", ["nodots", ".x", "a.", "a.b:port", ""])
def test_impossible_host_is_refused(channel):
    with pytest.raises(CredentialError):
        locate(token(ch=channel), None, None)
