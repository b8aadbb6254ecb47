"""Scenarios as data: the catalogue, generators and reduction, and the clause ledger."""
