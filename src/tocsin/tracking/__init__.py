"""Plots to tracks, one nation's own sensors only: initiation, association, filtering, kind, life of a track, launch estimate."""

from tocsin.tracking.settings import TrackerSettings
from tocsin.tracking.tracker import Tracker

__all__ = ["Tracker", "TrackerSettings"]
