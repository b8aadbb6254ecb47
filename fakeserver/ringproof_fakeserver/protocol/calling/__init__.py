"""``POST /api/calling/calls``: the table of commands, and what each asks of the exchange. Pure."""
