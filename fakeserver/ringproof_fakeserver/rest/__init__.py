"""The REST interface: Starlette routes that read requests, ask the exchange, and reply."""
