"""What an app's backend asks of REST before the calls of a scenario begin. Pure data."""

from __future__ import annotations

from typing import Literal

from ringproof_fakeserver.media.clip_content import CLIP_SECONDS
from ringproof_fakeserver.protocol.settings import PROJECT_NUMBER as PROJECT_NUMBER
from ringproof_scenarios.data import Data

Credentials = Literal["project", "wrong", "none"]
"""Those of the project; its id with another API token; no header at all."""

StatusEvent = Literal["created", "ringing", "answered", "ended"]
"""What a status callback can tell, in the order in which it happens."""

STATUS_EVENTS: tuple[StatusEvent, ...] = ("created", "ringing", "answered", "ended")

FOREIGN_NUMBER = "+15550100099"
"""A number that is not the project's."""

UNKNOWN_TARGET = "/private/nobody-has-this-name"
"""An address that nobody has."""

USERS_MAX = 8
REQUESTS_MAX = 32

FILE_MS = CLIP_SECONDS * 1_000
"""How long the file of a caller with ``plays`` is."""


class Request(Data, frozen=True, tag_field="ask"):
    """Base of requests; they are sent one after the other."""

    credentials: Credentials = "project"


class IssueToken(Request, frozen=True, tag="token"):
    """A token for a user of the app, who is nobody that a scenario calls."""

    user: int = 0
    """Which of the app's users."""
    display_name: str | None = None
    """The profile's display name; None sends none."""


class ShowUser(Request, frozen=True, tag="user"):
    """What the newest token of a user says about its user; without a token nothing is asked."""

    user: int = 0


class ListAddresses(Request, frozen=True, tag="addresses"):
    """All addresses of the project."""


class TryDial(Request, frozen=True, tag="dial"):
    """A dial of which a scenario expects no call: one that is accepted is ended at once."""

    to: Literal["subscriber", "nobody"] = "subscriber"
    """nobody: an address that does not exist."""
    origin: Literal["own", "foreign"] = "own"
    """A number of the project, or another one."""


AnyRequest = IssueToken | ShowUser | ListAddresses | TryDial


def describe(request: AnyRequest) -> str:
    """Say in a sentence what is asked."""
    match request:
        case IssueToken(user=user, display_name=name):
            text = f"asks for a token of user {user}"
            text += "" if name is None else f" with the display name {name!r}"
        case ShowUser(user=user):
            text = f"asks who user {user} is"
        case ListAddresses():
            text = "asks for all addresses"
        case TryDial(to=to, origin=origin):
            text = f"dials {to} from a number that is {origin}"
    with_ = {"project": "", "wrong": " with a wrong API token", "none": " without credentials"}
    return f"the backend {text}{with_[request.credentials]}"
