"""REST routes: thin translations between HTTP and the exchange core."""
