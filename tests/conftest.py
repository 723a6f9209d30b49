from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.accounts.fixtures"]

# How fast an example is made says something about the machine, nothing about the application.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
