"""Pure checks: a trace in, one outcome per clause out."""
