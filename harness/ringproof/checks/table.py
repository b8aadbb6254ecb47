"""Which check judges which clause: the one table of all checks.

One fault, one clause: where a wrong client would break several clauses at once, the checks divide
the cases among them, so that a failed clause names the cause and not its consequences.
"""

from __future__ import annotations

from typing import Final

from ringproof.checks import caller, end, listing, outcome, platform, register, status, stream
from ringproof.checks.check import Check

CHECKS: Final[dict[str, Check]] = {
    "stream/local-after-accept": Check("call", stream.local_after_accept),
    "stream/remote-after-accept": Check("call", stream.remote_after_accept),
    "stream/never-without-accept": Check("call", stream.never_without_accept),
    "stream/both-when-connected": Check("call", stream.both_when_connected),
    "stream/late-subscriber": Check("call", stream.late_subscriber),
    "stream/remote-new-per-track": Check("call", stream.remote_new_per_track),
    "stream/complete-at-end": Check("call", stream.complete_at_end),
    "stream/media-flows": Check("call", stream.media_flows),
    "stream/answer-defaults": Check("call", stream.answer_defaults),
    "stream/answer-audio-video": Check("call", stream.answer_audio_video),
    "stream/answer-video-only": Check("call", stream.answer_video_only),
    "caller/direction": Check("call", caller.direction),
    "caller/from": Check("call", caller.from_address),
    "caller/from-name": Check("call", caller.from_name),
    "caller/undef-name": Check("call", caller.undef_name),
    "caller/display-fallback": Check("call", caller.display_fallback),
    "caller/to-alias": Check("call", caller.to_alias),
    "caller/identity-stable": Check("call", caller.identity_stable),
    "outcome/three-ways": Check("call", outcome.three_ways),
    "outcome/decline-no-media": Check("call", outcome.decline_no_media),
    "outcome/decline-never-picks-up": Check("call", outcome.decline_never_picks_up),
    "outcome/gave-up-no-resurrection": Check("call", outcome.gave_up_no_resurrection),
    "outcome/glare": Check("call", outcome.glare),
    "outcome/reject-after-answer": Check("call", outcome.reject_after_answer),
    "outcome/answer-twice": Check("call", outcome.answer_twice),
    "status/starts-ringing": Check("call", status.starts_ringing),
    "status/single-exit": Check("call", status.single_exit),
    "status/answer-order": Check("call", status.answer_order),
    "status/reject-order": Check("call", status.reject_order),
    "status/hangup-order": Check("call", status.hangup_order),
    "status/gave-up-order": Check("call", status.gave_up_order),
    "status/destroyed-last": Check("call", status.destroyed_last),
    "status/known-words": Check("call", status.known_words),
    "status/no-repeat": Check("call", status.no_repeat),
    "status/getter-agrees": Check("call", status.getter_agrees),
    "status/late-subscriber": Check("call", status.late_subscriber),
    "end/hangup-tells-server": Check("call", end.hangup_reaches_server),
    "end/remote-hangup": Check("call", end.remote_hangup),
    "end/script-finishes": Check("call", end.script_finishes),
    "end/page-unload": Check("call", end.page_unload),
    "list/every-change": Check("call", listing.every_change),
    "list/ringing-filter": Check("call", listing.ringing_filter),
    "list/no-queue": Check("call", listing.no_queue),
    "list/no-dedupe": Check("call", listing.no_dedupe),
    "list/stays-through-status": Check("call", listing.stays_through_status),
    "list/leaves-only-when-destroyed": Check("call", listing.leaves_only_when_destroyed),
    "register/sync-point": Check("call", register.sync_point),
    "list/current-on-subscribe": Check("session", listing.current_on_subscribe),
    "list/whole-list": Check("session", listing.whole_list),
    "list/no-duplicate-emission": Check("session", listing.no_duplicate_emission),
    "list/inbound-only": Check("session", listing.inbound_only),
    "list/no-pick": Check("session", listing.no_pick),
    "list/simultaneous-together": Check("session", listing.simultaneous_together),
    "list/snapshot": Check("session", listing.snapshot),
    "platform/undef-name": Check("origin", platform.undef_name),
    "platform/ring-timeout": Check("origin", platform.ring_timeout),
    "platform/one-ended": Check("origin", platform.one_ended),
    "platform/fork-losers-bye": Check("origin", platform.fork_losers_bye),
    "register/reference-is-stable": Check("origin", register.reference_is_stable),
}
"""Clause id → its check; ``clauses.toml`` gives the reason where a clause has none."""
