"""gunicorn's settings: `gunicorn --config python:backoffice.gunicorn`."""

import gc
from typing import Any

from gunicorn.glogging import Logger

from backoffice.metrics import web_processes
from backoffice.settings import LOGGING, WEB_PROCESSES, WEB_THREADS


class ErrorLogger(Logger):
    """gunicorn's logger without its access log: `identify_request` logs each request.

    With a `logconfig_dict` gunicorn computes the fields of a line for each request, also if no
    handler takes the line.
    """

    access_log_enabled = False


def freeze_application(worker: Any) -> None:
    """Leave the loaded application out of garbage collections.

    A full collection read its 150,000 objects, which live as long as the process, and stopped all
    threads for 80 ms.
    """
    gc.collect()
    gc.freeze()


wsgi_app = "backoffice.wsgi"
logger_class = ErrorLogger
bind = "0.0.0.0:8000"
worker_class = "backoffice.web_worker.ArrivalWorker"  # clients that send slowly hold no thread
workers = WEB_PROCESSES
threads = WEB_THREADS
graceful_timeout = 30  # for running requests; a stop is given 40 s
limit_request_line = 8190  # a hundred ids and the other filters, beside a cursor
control_socket_disable = True  # or the server could be controlled through it
forwarded_allow_ips = ""  # only TRUSTED_PROXY_COUNT decides which proxy headers are believed
logconfig_dict = LOGGING
# The web processes count together for /metrics.
on_starting = web_processes.make_directory
pre_fork = web_processes.choose_place
post_fork = web_processes.take_place
post_worker_init = freeze_application
on_exit = web_processes.remove_directory
