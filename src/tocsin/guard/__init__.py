"""The release guard: a second, separately written opinion on every outgoing byte, and the only holder of the signing key.

Imports units, errors, the standard library, msgspec and Ed25519 from cryptography; nothing of what it checks. Written
from docs/release-table.md. ``guard`` checks and signs, ``rules`` reads the release rules, ``table`` is the allow-list,
``checks`` are its building blocks, ``strict_json`` reads bytes without forgiveness, ``keys`` makes and keeps keys.
"""
