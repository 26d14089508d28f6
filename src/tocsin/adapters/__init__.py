"""All contact with the world: logs, links, files, reports, and the loop that drives a node."""
