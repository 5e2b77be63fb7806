"""Settings of every process, read from the environment; a missing or wrong one stops the start."""

import sys
from datetime import timedelta
from pathlib import Path

from backoffice.databases import database_settings
from backoffice.environment import Environment
from backoffice.file_storage import accel_prefix, job_storage
from backoffice.logging import logging_settings
from backoffice.path_prefix import FIRST_PARTS, cookie_name
from backoffice.telemetry.variables import error_reports, trace_export

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

# --- Site -------------------------------------------------------------------------------------
SECRET_KEY = env.secret_key("SECRET_KEY")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS")
DEBUG = env.debug("DEBUG", ALLOWED_HOSTS)
ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"
# The path of the site behind a proxy that serves others too; "" if the site has the whole host.
PATH_PREFIX = env.path_prefix("PATH_PREFIX", "/backoffice/", taken=FIRST_PARTS)
FORCE_SCRIPT_NAME = PATH_PREFIX.rstrip("/") or None
# Threads, because requests wait for PostgreSQL and Redis; backoffice/gunicorn.py uses both.
WEB_PROCESSES = env.number("WEB_PROCESSES", 2, least=1, most=1000)
WEB_THREADS = env.number("WEB_THREADS", 8, least=2, most=1000)

INSTALLED_APPS = [
    "backoffice",
    "backoffice.admin_app.BackofficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_celery_results",
    "drf_spectacular_sidecar",
    "axes",
    "jobs",
    *env.modules("EXTRA_APPS"),
]

MIDDLEWARE = [
    "backoffice.middleware.forbid_caching",
    "backoffice.middleware.omit_bodies",
    "backoffice.middleware.respond_to_probes",
    "backoffice.middleware.count_requests",
    "backoffice.middleware.find_client",
    "backoffice.middleware.identify_request",
    "backoffice.middleware.send_content_policy",
    "backoffice.middleware.demand_length",
    "backoffice.middleware.explain_methods",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "backoffice.middleware.use_browser_zone",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Transport --------------------------------------------------------------------------------
# HTTPS=false is for this machine only: browsers would send passwords and cookies in the clear.
HTTPS = env.flag("HTTPS", True)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Preloading binds the whole domain, for years, in every browser: its owner decides, not we.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
# How many entries of X-Forwarded-For our own proxies wrote; only those are believed.
TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
# Our own files and nothing else: no inline script or style, no frame, no foreign host.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "jobs.uploads.arriving.UnnamedFileHandler",
]

# --- Sign-in ----------------------------------------------------------------------------------
AUTH_USER_MODEL = env.model("AUTH_USER_MODEL", "auth.User")  # before the first migration
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: it refuses who is locked out
    *env.modules("AUTHENTICATION_BACKENDS", "backoffice.accounts.AccountBackend"),
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ["UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword"]
]
CSRF_FAILURE_VIEW = "backoffice.errors.not_from_our_page"
SESSION_ENGINE = "backoffice.sessions"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"  # where a `next` that leads elsewhere is refused
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = PATH_PREFIX or "/"
SESSION_COOKIE_NAME = cookie_name("sessionid", PATH_PREFIX)
CSRF_COOKIE_NAME = cookie_name("csrftoken", PATH_PREFIX)
if PATH_PREFIX:  # Django's cookie of messages goes to every path, to the other sites too
    MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_AGE = 12 * 3600  # a working day, not Django's two weeks
# Five wrong passwords for one name from one address: refused for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "backoffice.accounts.counted_name"
AXES_CLIENT_IP_CALLABLE = "backoffice.middleware.client_address"
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_CALLABLE = "backoffice.errors.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
# Fields that django-axes masks in what it stores of a failed form.
AXES_SENSITIVE_PARAMETERS = [
    *("username", "ip_address", "csrfmiddlewaretoken"),
    *("old_password", "new_password1", "new_password2", "password1", "password2"),
]

# --- PostgreSQL -------------------------------------------------------------------------------
DATABASES = database_settings(env, command="".join(sys.argv[1:2]))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Language and time ------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
USE_TZ = True

# --- Files ------------------------------------------------------------------------------------
STATIC_URL = f"{PATH_PREFIX or '/'}static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.directory("STATIC_ROOT", BASE_DIR / ".local/static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "backoffice.static_files.StaticFiles"},
    "jobs": job_storage(env),
}
UPLOAD_LIMIT_BYTES = env.number("UPLOAD_LIMIT_BYTES", 1024**3, least=1)
UPLOAD_UNUSED_LIMIT_BYTES = env.number(
    "UPLOAD_UNUSED_LIMIT_BYTES", 10 * UPLOAD_LIMIT_BYTES, least=UPLOAD_LIMIT_BYTES
)
UPLOAD_REFUSED_KINDS = env.file_kinds("UPLOAD_REFUSED_KINDS")
UPLOAD_SCANNER = env.function("UPLOAD_SCANNER")
# nginx's internal location of FILES_DIR; if set, nginx sends the files, not a web thread.
FILES_ACCEL_PREFIX = accel_prefix(env)

# --- Logs -------------------------------------------------------------------------------------
LOGGING_CONFIG = "backoffice.logging.configure"
LOGGING = logging_settings(env.log_level("LOG_LEVEL", "INFO"))

# --- Traces and errors ------------------------------------------------------------------------
# None where the environment does not ask for them; then nothing of them is imported.
TRACE_EXPORT = trace_export(env)
ERROR_REPORTS = error_reports(env)
if TRACE_EXPORT:
    traced_from = MIDDLEWARE.index("backoffice.middleware.find_client")
    MIDDLEWARE.insert(traced_from, "backoffice.telemetry.spans.trace_requests")

# --- Jobs -------------------------------------------------------------------------------------
JOBS_ADMIN_SITE = "django.contrib.admin.site"  # backoffice/admin_app.py makes it ours
JOBS_DEFAULT_TYPE = env.text("JOBS_DEFAULT_TYPE", "report")
# Each heartbeat of a worker renews the leases of its jobs; an expired lease is a lost attempt.
JOBS_LEASE_SECONDS = env.seconds("JOBS_LEASE_SECONDS", 60)
JOBS_HEARTBEAT_SECONDS = env.seconds(
    "JOBS_HEARTBEAT_SECONDS", JOBS_LEASE_SECONDS / 6, most=JOBS_LEASE_SECONDS / 3
)

# --- REST API ---------------------------------------------------------------------------------
# Per caller and web process; far above the need of a program that heeds Retry-After.
API_REQUESTS_PER_MINUTE = env.number("API_REQUESTS_PER_MINUTE", 6000, least=1)
# Lets a monitor without a login read /healthz and /metrics, as a bearer; empty: staff only.
PROBE_TOKEN = env.text("PROBE_TOKEN", "")

# --- Redis and workers ------------------------------------------------------------------------
# jobs/engine/celery_settings.py has the rest. CELERY_ settings are those of a site's own app.
JOBS_REDIS_URL = env.url(
    "REDIS_URL", password="REDIS_PASSWORD", schemes=["redis", "rediss", "sentinel", "sentinels"]
)
JOBS_REDIS_CA_FILE = env.file("REDIS_CA_FILE")
JOBS_REDIS_SENTINEL_PASSWORD = env.text("REDIS_SENTINEL_PASSWORD", "")
JOBS_QUEUE_PREFIX = env.text("JOBS_QUEUE_PREFIX", "")
JOBS_CELERY = {"worker_concurrency": env.number("WORKER_CONCURRENCY", 2, least=1, most=1000)}

# `manage.py up` and `local` only start others, each with an environment of its own.
if sys.argv[1:2] not in (["up"], ["local"]):
    env.refuse()
