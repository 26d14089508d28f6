"""The commands. Only ``cli`` and ``api`` wire things together; each command's module is imported when it is called."""
