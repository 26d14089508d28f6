"""What a night was worth: pure functions from what the nodes showed and the truth to figures for people. Nothing here runs live."""
