"""The night's log: what came in, what went out, in order, on disk before it counts. Nothing here knows what a body means."""
