#!/usr/bin/env python
"""Django's commands. Each works by itself: it uses the running database, or starts the embedded one."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    try:
        from django.core.management import execute_from_command_line

        from crm.lib import embedded, servers
    except ImportError as problem:
        sys.exit(f"{problem}. Run bin/setup, then .venv/bin/python manage.py …")
    arguments = servers.take_data_folder(sys.argv[1:])
    try:
        with servers.ensure(arguments):
            execute_from_command_line([sys.argv[0], *arguments])
    except embedded.EmbeddedError as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
