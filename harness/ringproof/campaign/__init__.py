"""Sweeps over seeds in virtual time: drawn, judged, shrunk, one finding per clause and shape."""


class ClusterError(RuntimeError):
    """There is nobody to play the campaign; the message says what to do."""
