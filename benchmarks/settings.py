"""The application's settings with one more route: a view that does nothing."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
LOGGING_CONFIG = None
