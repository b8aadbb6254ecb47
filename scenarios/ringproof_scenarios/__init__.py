"""What happens in a run: scenarios as data, their strategies, and the clause ledger."""
