"""Sweeps over seeds in virtual time: drawn, judged, shrunk, one finding per clause and shape."""
