"""The reference client: what the inbound-call guide promises, in Python."""
