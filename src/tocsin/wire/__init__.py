"""Bytes between nations: payload twins of version 1, their codec, and the opening of signed frames.

``v1`` freezes what stands on the wire, ``twins`` turns messages into it and back, ``codec`` makes and reads payload
bytes, ``seal`` verifies frames. Signing is not here: only ``guard`` holds the key.
"""
