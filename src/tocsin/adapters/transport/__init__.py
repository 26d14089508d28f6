"""How frames travel between neighbouring nations: a port, and adapters that pass one contract suite."""
