"""Adds up what scenarios showed, and gives the verdicts. Pure."""
