"""Frozen values that every layer speaks: numbers, strings, tuples; no behaviour, no arrays.

The list of message types is closed: tests/reference/message_fields.txt is a golden dump of every struct and field. There is no
message that could direct a weapon, and none may be added.
"""
