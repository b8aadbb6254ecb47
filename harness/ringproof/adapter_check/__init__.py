"""Checks that an adapter process follows the protocol, without playing a scenario."""
