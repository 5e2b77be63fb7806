# The one image of web, worker, upkeep and migrate: locked packages, no compiler, no root.
FROM python:3.13-slim AS packages
COPY requirements.txt .
COPY requirements-s3.txt .
COPY requirements-sso.txt .
COPY requirements-observability.txt .
# Packages for optional parts: "s3 sso" installs requirements-s3.txt and requirements-sso.txt.
ARG EXTRAS=""
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --only-binary=:all: --no-deps --require-hashes -r requirements.txt \
 && for extra in $EXTRAS; do \
      /venv/bin/pip install --no-cache-dir --only-binary=:all: --no-deps --require-hashes -r requirements-$extra.txt \
        || exit 1; \
    done \
 && /venv/bin/pip check

FROM python:3.13-slim
# The uid has a name because libraries look it up. Volumes take the owner of these two directories.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin backoffice \
 && install --directory --owner=backoffice --group=backoffice \
    /var/lib/backoffice/files /var/lib/backoffice/scratch
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY backoffice backoffice
COPY jobs jobs
COPY templates templates
COPY static static
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/app/collected
# The file system is read-only: without these files each start compiles the code, 0.4 s of CPU.
RUN python -m compileall -q manage.py backoffice jobs
# Settings do not load half-configured. These values are not stored in the image or connected to.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" ALLOWED_HOSTS=localhost \
    DATABASE_URL=postgres://localhost/none REDIS_URL=redis://localhost FILES_DIR=/var/lib/backoffice/files \
    python manage.py collectstatic --noinput
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "--config", "python:backoffice.gunicorn"]
