"""One Hypothesis profile for everybody: the same examples every time, no deadline (machines differ), no database on disk."""

from hypothesis import HealthCheck, settings

settings.register_profile("ci", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")
