"""The sans-IO core: inputs go in with ``now``, a batch of effects comes out. No clock, socket, file, thread or private key."""
