"""What holds for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# The same result every time, on a busy machine too: the same examples, and no limit on their time.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
