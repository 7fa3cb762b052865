# One image, four roles: serve, worker, scheduler, db upgrade.
FROM python:3.13-slim-bookworm AS build
WORKDIR /build
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir uv==0.13.9 && uv venv /opt/scaicontrol
COPY requirements.txt .
RUN uv pip install --no-cache --python /opt/scaicontrol/bin/python -r requirements.txt
COPY . .
# The build hook brings its own Node and builds the portal into the package.
RUN uv pip install --no-cache --python /opt/scaicontrol/bin/python --no-deps .

FROM python:3.13-slim-bookworm
# Documents need Pango with HarfBuzz, and a font for whatever a customer is called.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
        fonts-dejavu-core fonts-noto-core fonts-symbola fonts-wqy-microhei \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /app scaicontrol
COPY --from=build /opt/scaicontrol /opt/scaicontrol
ENV PATH=/opt/scaicontrol/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SCAICONTROL_ENV=production \
    # Fontconfig keeps its cache here, also when the file system is read-only.
    XDG_CACHE_HOME=/tmp
USER scaicontrol
WORKDIR /app
EXPOSE 8000
ENTRYPOINT ["scaicontrol"]
CMD ["serve", "--host", "0.0.0.0"]
