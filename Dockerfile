# The hub as one image. The first stage builds with the locked tools, the second holds what runs.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.lock requirements-dev.lock ./
RUN python -m venv /tools && /tools/bin/pip install --require-hashes -r requirements-dev.lock \
 && python -m venv /hub && /hub/bin/pip install --require-hashes -r requirements.lock
COPY . .
RUN /tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && /hub/bin/pip install --no-deps --no-index dist/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home tilanne
COPY --from=build /hub /hub
ENV PATH=/hub/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    TILANNE_HOST=0.0.0.0 TILANNE_PORT=8080 TILANNE_DATABASE_URL=sqlite:////data/tilanne.db
USER tilanne
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"TILANNE_PORT\"]}/health/ready', timeout=4)"]
ENTRYPOINT ["tilanne"]
CMD ["up"]
