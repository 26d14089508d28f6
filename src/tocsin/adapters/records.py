"""Between the node's inputs and the log's records: one record kind per input type, and the head that a replay starts from."""

import hashlib
import platform
import sys
from functools import lru_cache
from importlib.resources import files
from typing import Final

import msgspec
import numpy as np

from tocsin import __version__
from tocsin.adapters.store.port import RecordKind
from tocsin.errors import PeerFault
from tocsin.kernels.geodesy import ecef2geodetic, geodetic2ecef
from tocsin.kernels.trajectory import propagate_to_altitude
from tocsin.node.config import NodeConfig
from tocsin.node.inputs import CommandIn, Denied, FrameIn, Input, ScanIn, Sealed, Tick

INPUT_TYPES: dict[RecordKind, type[Input]] = {
    "scan": ScanIn,
    "envelope-in": FrameIn,
    "sealed": Sealed,
    "denied": Denied,
    "command": CommandIn,
    "tick": Tick,
}
TABLE_KINDS: Final = (".npz", ".json", ".toml")
TABLES: Final = tuple(files("tocsin").joinpath(*parts) for parts in (("geography",), ("data", "thresholds"), ("data", "legal")))
_KINDS = {kind_type: kind for kind, kind_type in INPUT_TYPES.items()}
_ENCODE = msgspec.msgpack.Encoder()
_DECODERS = {kind: msgspec.msgpack.Decoder(kind_type) for kind, kind_type in INPUT_TYPES.items()}


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """First record of every log: who, in which world, with which build."""

    version: str
    python: str
    c_library: str
    machine: str
    kernel_probe: str  # hash of what the kernels answer on fixed arguments here
    tables_sha256: str  # of the packaged geography, thresholds and legal texts: answers follow from them
    config: NodeConfig


def input_kind(item: Input) -> RecordKind:
    """Return the record kind of an input."""
    return _KINDS[type(item)]


def encode_input(item: Input) -> bytes:
    """Return the record body of an input."""
    return _ENCODE.encode(item)


def decode_input(kind: RecordKind, body: bytes) -> Input:
    """Return the input of a record body; raises PeerFault if the body is not one."""
    try:
        return _DECODERS[kind].decode(body)
    except (KeyError, msgspec.MsgspecError) as problem:
        text = f"record of kind {kind!r} cannot be read: {problem}; it was written by another version or damaged"
        raise PeerFault(text) from problem


@lru_cache(maxsize=1)
def kernel_probe() -> str:
    """Return a hash over kernel results on fixed arguments; equal hashes promise equal bytes in a replay."""
    digest = hashlib.sha256()
    for i in range(8):
        x, y, z = geodetic2ecef(0.1 * i, 0.5 * i - 1.0, 1000.0 * i + 60_000.0)
        state = np.array([x, y, z, 400.0 + i, -300.0, 250.0 * i, 8.5])
        out = np.empty(7)
        status, time_s, apogee_m, apogee_time_s = propagate_to_altitude(state, 0.0, 3000.0, out)
        answers = (*ecef2geodetic(x, y, z), float(status), time_s, apogee_m, apogee_time_s, *out.tolist())
        digest.update(",".join(float(value).hex() for value in answers).encode())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def tables_digest() -> str:
    """Return the SHA-256 over the packaged tables that a node's answers follow from, by folder and name."""
    digest = hashlib.sha256()
    for folder in TABLES:
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith(TABLE_KINDS):
                digest.update(f"{entry.name}\0".encode() + hashlib.sha256(entry.read_bytes()).digest())
    return digest.hexdigest()


def make_head(config: NodeConfig) -> Head:
    """Return the head for a new log on this machine."""
    return Head(
        version=__version__,
        python=sys.version.split()[0],
        c_library=" ".join(platform.libc_ver()),
        machine=platform.machine(),
        kernel_probe=kernel_probe(),
        tables_sha256=tables_digest(),
        config=config,
    )


def encode_head(head: Head) -> bytes:
    """Return the body of the head record."""
    return _ENCODE.encode(head)


def decode_head(body: bytes) -> Head:
    """Return the head of a log; raises PeerFault if it cannot be read."""
    try:
        return msgspec.msgpack.decode(body, type=Head)
    except msgspec.MsgspecError as problem:
        text = f"the head of the log cannot be read: {problem}; it was written by another version or damaged"
        raise PeerFault(text) from problem
