"""The WSGI entry point that gunicorn serves."""

import atexit
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from psycopg2.extensions import set_wait_callback

from backoffice.content_type import Utf8Request, with_readable_type
from backoffice.path_prefix import under_prefix
from backoffice.socket_timeout import wait_for_answer
from backoffice.telemetry.process import flush_telemetry, start_telemetry
from backoffice.wrong_job_types import refuse_wrong_types
from jobs.database import name_process
from jobs.engine.wrong_servers import refuse_wrong_servers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

name_process("web")
# A request answers 503 instead of hanging on a lock, a slow statement or a silent server.
set_wait_callback(wait_for_answer)
settings.DATABASES["default"]["OPTIONS"] = settings.DATABASES["worker"]["OPTIONS"]

django_application = get_wsgi_application()
django_application.request_class = Utf8Request
application = with_readable_type(under_prefix(django_application, settings.PATH_PREFIX))
refuse_wrong_types()
refuse_wrong_servers("default")
start_telemetry("web")
atexit.register(flush_telemetry)
