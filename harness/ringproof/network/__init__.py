"""Plays scenarios over real sockets: workers, their supervisor, and real time."""
