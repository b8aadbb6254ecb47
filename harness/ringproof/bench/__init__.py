"""Measures what ringproof costs, each figure beside a peer that did the same in the same run."""
