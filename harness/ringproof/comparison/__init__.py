"""Two reports side by side: what got worse, what got better, and what is no longer checked."""
