"""The WSGI entry point that gunicorn serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

# A request answers 503 rather than hang on a lock or a slow statement.
settings.DATABASES["default"]["OPTIONS"] = settings.DATABASES["lifecycle"]["OPTIONS"]

application = get_wsgi_application()
