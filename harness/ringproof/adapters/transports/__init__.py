"""What carries the adapter protocol: pipes, or a WebSocket."""
