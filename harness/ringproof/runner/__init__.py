"""Plays scenarios on a network: lanes of subscribers against a real server and an adapter."""
