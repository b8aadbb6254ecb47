"""The REST surface: Starlette routes that read requests, ask the exchange, and word the replies."""
