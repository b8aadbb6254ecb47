"""Plays failures again: what reproduces them, how small they get, which are the same."""
