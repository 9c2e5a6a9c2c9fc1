# One image for web, worker, scheduler, relay and migrations; docker-compose.yml says who runs what.
FROM python:3.13-slim AS packages
RUN python -m venv /venv
COPY requirements.lock .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps -r requirements.lock

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ENISHI_MODE=server MEDIA_ROOT=/data/media
RUN useradd --uid 10001 --no-create-home --home-dir /app --shell /usr/sbin/nologin enishi \
    && install -d -o enishi -g enishi /data/media
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
# Neither step reads a secret; the settings only want to have one.
RUN export SECRET_KEY="only-while-building-$(head -c 30 /dev/urandom | base64 -w0)" \
    && python manage.py messages --compile && python manage.py collectstatic --no-input --verbosity 0
USER enishi
EXPOSE 8000
# --worker-tmp-dir: a heartbeat file on a slow disk makes workers look dead.
CMD ["gunicorn", "crm.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", \
     "--timeout", "30", "--graceful-timeout", "10", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
