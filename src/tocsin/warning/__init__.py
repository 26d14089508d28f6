"""Launch events become warnings that people act on, each with its cancel ready. Release to others is not decided here."""
