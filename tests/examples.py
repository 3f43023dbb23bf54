"""How many examples Hypothesis tries, for each profile."""

import os

from hypothesis import HealthCheck, settings

# No deadline: an example takes ten times as long on a busy machine. The plain run uses other examples each time, so it
# needs few of them. "thorough" is for a run overnight. Tests that need more or fewer examples multiply this number.
settings.register_profile("default", max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", parent=settings.get_profile("default"), max_examples=20, print_blob=True, derandomize=True
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))
