"""Tocsin: a shared bell for several nations. Missile warning only; no engagement function, ever."""

__version__ = "0.1.0"
