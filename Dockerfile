# The server in one image: no package manager runs at its start, every file of it is read-only, and any user may run it,
# also one of group 0 as on OpenShift. `docker build -t workflows .`; docs/operate/docker.md says how to run it.
ARG BASE=debian:trixie-slim

FROM ${BASE} AS system
# bubblewrap makes the sandboxes where the runtime allows user namespaces; elsewhere Landlock needs no program.
# tini reaps: Node as the first process of a container does not, and each zygote behind bubblewrap left an ended process.
RUN apt-get update \
 && apt-get install -y --no-install-recommends bubblewrap ca-certificates python3 tini util-linux \
 && rm -rf /var/lib/apt/lists/*

FROM system AS build
RUN apt-get update && apt-get install -y --no-install-recommends nodejs npm python3-venv
WORKDIR /app
COPY . .
RUN sh scripts/run.sh set-up start
# Other Pythons that workflows may choose, by uv: such as "3.10 3.11 3.12". Debian's own is always there.
ARG PYTHONS=""
RUN [ -z "$PYTHONS" ] || .cache/uv/uv python install --install-dir /app/.cache/pythons $PYTHONS
ENV UV_PYTHON_INSTALL_DIR=/app/.cache/pythons
RUN . scripts/choose-node.sh && ln -s "$(choose_node "$(find_machine_node)" /app/node_modules)" /usr/local/bin/app-node \
 && app-node --disable-warning=ExperimentalWarning scripts/environments.ts --all
# Without what only building needs, 540 MB of 820. The symbolic link of the next stage leads to the Node that is left.
RUN npm prune --omit=dev --include=optional --ignore-scripts --engine-strict=false --no-audit --no-fund --loglevel=error \
 && rm -rf .cache/tools .cache/.writable \
 # npm keeps these as optional peers of better-auth. Only the documentation's build uses them.
 && rm -rf node_modules/typescript node_modules/vue node_modules/@vue node_modules/@babel \
 && ln -s "$(readlink /usr/local/bin/app-node)" /app/node

FROM system
COPY --from=build /app /app
WORKDIR /app
ENV WORKFLOWS_HOST=0.0.0.0 \
    WORKFLOWS_DATA_DIR=/data \
    MALLOC_MMAP_THRESHOLD_=1048576 \
    UV_PYTHON_INSTALL_DIR=/app/.cache/pythons
LABEL org.opencontainers.image.version="1.0.0"
# `--build-arg COMMIT=$(git rev-parse HEAD)`: the server says which one it is. The build itself sees no .git.
ARG COMMIT=""
LABEL org.opencontainers.image.revision="${COMMIT}"
# Group 0 may write, since platforms that choose the user keep that group.
RUN printf '%s' "$COMMIT" >.commit && mkdir /data && chown 10001:0 /data && chmod 770 /data
VOLUME /data
USER 10001:0
EXPOSE 4400
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["/app/node", "-e", "fetch(`http://127.0.0.1:${process.env.WORKFLOWS_PORT ?? 4400}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# -s: it reaps also where the runtime has a first process of its own (`docker run --init`, a shared process namespace).
ENTRYPOINT ["tini", "-s", "--", "/app/node", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=8", "src/commands/main.ts"]
CMD ["serve"]
