"""The WSGI entry point that gunicorn serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from psycopg2.extensions import set_wait_callback

from backoffice import silence
from backoffice.job_types import refuse_wrong_types

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

# A request answers 503 rather than hang on a lock, a slow statement or a server that fell silent.
set_wait_callback(silence.wait)
settings.DATABASES["default"]["OPTIONS"] = settings.DATABASES["worker"]["OPTIONS"]

application = get_wsgi_application()
refuse_wrong_types()
