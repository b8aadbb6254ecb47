"""Generated scenarios: composed at random, one for each seed, or built step by step."""
