"""The files that people and other programs read and write: plots, sensors, tracks, events, truth, summaries.

Degrees and ISO times live only here. Key names are stable; receivers ignore keys that they do not know.
"""
