"""Prints the hash of everything a tracker says about a short scene: run with other settings, it must not change."""

import hashlib

import msgspec

from tests.stages.tracking_scene import KOREA, Launch, Scene, fly
from tocsin.tracking import Tracker

FROM_S, UNTIL_S = 46.0, 54.0  # a burning missile from its first plots to its launch estimate; short, as plain Python is slow


def main() -> None:
    sensors = KOREA[:1]
    tracker = Tracker("KOR", sensors)
    digest = hashlib.sha256()
    scans = Scene(sensors, [fly(Launch())], seed=3, from_s=FROM_S, until_s=UNTIL_S).scans()
    tracks = 0
    for scan in scans:
        out = tracker.step(scan, scan.time_ns)
        tracks += len(out[0])
        digest.update(msgspec.json.encode((out, tracker.predicted(scan.time_ns + 500_000_000))))
    print(tracks, digest.hexdigest())


if __name__ == "__main__":
    main()
