"""Node keys: 32 raw bytes of Ed25519 in a file that only its owner reads. Nothing else is kept there."""

import hashlib
import os
import stat
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.errors import OperatorFault

KEY_BYTES: Final = 32  # Ed25519 private and public keys, RFC 8032 section 5.1.5
KEY_ID_CHARACTERS: Final = 16  # 64 bits of SHA-256: no two of a coalition's few hundred keys will meet
_SEED_CONTEXT: Final = b"tocsin-key-seed-v1\x00"


def generate_key(seed: bytes | None = None) -> bytes:
    """Return a private key of 32 bytes: from the system's randomness, or, for demos and tests only, from a seed."""
    if seed is None:
        return Ed25519PrivateKey.generate().private_bytes_raw()
    return hashlib.sha256(_SEED_CONTEXT + seed).digest()


def public_of(private_key: bytes) -> bytes:
    """Return the 32-byte public key of a private key."""
    if len(private_key) != KEY_BYTES:
        raise OperatorFault(f"private key: expected {KEY_BYTES} bytes, got {len(private_key)}; make a new one")
    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def key_id_of(public_key: bytes) -> str:
    """Return the first 16 hexadecimal digits of the public key's SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:KEY_ID_CHARACTERS]


def save_key(path: Path, private_key: bytes) -> None:
    """Write a new key file, readable by its owner only. An existing file is never overwritten."""
    public_of(private_key)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except OSError as error:
        raise OperatorFault(f"{path}: expected to create a new key file, got {error.strerror}; choose a free path") from error
    with os.fdopen(handle, "wb") as file:
        file.write(private_key)
        file.flush()
        os.fsync(file.fileno())


def load_key(path: Path) -> bytes:
    """Return the private key in a file; refuses files of another size or that others may read."""
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except OSError as error:
        raise OperatorFault(f"{path}: expected a key file, got {error.strerror}; make a new one") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise OperatorFault(f"{path}: expected a key that only its owner may read, got mode {stat.S_IMODE(mode):o}; run chmod 600")
    if len(data) != KEY_BYTES:
        raise OperatorFault(f"{path}: expected {KEY_BYTES} bytes, got {len(data)}; restore the file or make a new key")
    return data
