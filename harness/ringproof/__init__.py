"""Plays scenarios against a client and judges the recorded trace."""
