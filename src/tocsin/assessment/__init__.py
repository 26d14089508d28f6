"""Fused tracks become launch events: where from, where to, when, how sure, which class, how many. No warnings here."""
