"""Generated scenarios: composed from chance, drawn by seed, or walked step by step."""
