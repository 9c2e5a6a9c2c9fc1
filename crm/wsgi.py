"""The web process. It refuses to start when a check fails: a URL without a rule, an unsafe setting."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
application = get_wsgi_application()

from crm.checks import refuse_to_start  # noqa: E402  (the registry must be ready)

refuse_to_start()
