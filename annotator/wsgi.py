"""The WSGI application gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
application = get_wsgi_application()

from annotator.server.lock_waits import limit_lock_waits  # noqa: E402 (Django is set up first)

limit_lock_waits()
