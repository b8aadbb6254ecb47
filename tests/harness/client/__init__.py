"""Tests of the reference client: core playbooks without an event loop, then real sockets."""
