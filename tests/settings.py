"""The settings under pytest: a mode of their own, and never the database of the environment."""

import os

for name in (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_DIRECT_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "ENISHI_DATA",
):
    os.environ.pop(name, None)
os.environ["ENISHI_MODE"] = "test"
# tests/database.py puts the real one in its place as soon as a test asks for it.
os.environ["DATABASE_URL"] = "postgresql://enishi_app@:5432//nonexistent/enishi"

from crm.settings import *  # noqa: E402, F403
