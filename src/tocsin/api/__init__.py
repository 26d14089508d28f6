"""The Python API: wires simulation, nodes, logs and links in memory. Commands are thin readers of what happens here."""
