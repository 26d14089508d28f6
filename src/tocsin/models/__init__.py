"""How missiles and aircraft move, and what sensors measure, as the stages need it. No messages are produced here."""
