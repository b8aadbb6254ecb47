"""Clients with exactly one fault each: how the suite proves that it can say no."""
