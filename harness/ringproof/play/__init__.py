"""Plays one scenario, whatever the clock: real or virtual."""
