"""A trace as a ladder: its rungs, as text, and laid out for drawing."""
