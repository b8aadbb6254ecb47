"""Rooms: who is in a call, what clients see of it, and what they change. Pure."""
