"""How gunicorn serves the site: `gunicorn --config python:backoffice.gunicorn`."""

from backoffice.settings import LOGGING, WEB_PROCESSES, WEB_THREADS

wsgi_app = "backoffice.wsgi"
bind = "0.0.0.0:8000"
worker_class = "gthread"
workers = WEB_PROCESSES
threads = WEB_THREADS
graceful_timeout = 30  # requests under way may end, within the 40 s a stop is given
limit_request_line = 8190  # a hundred ids and the other filters, beside a cursor
control_socket_disable = True  # no second door to the server
forwarded_allow_ips = ""  # what proxies say is judged in one place, by TRUSTED_PROXY_COUNT
logconfig_dict = LOGGING
