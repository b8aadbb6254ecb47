"""Runs of whole scenarios in virtual time: both cores, one event queue, no sockets, no asyncio."""
