# Build and run:
#   docker build -t causeway .
#   docker run -p 127.0.0.1:1883:1883 -v causeway-data:/data causeway
# The image's configuration is config/examples/container.yaml, a trial setting that lets everybody in.
# Arguments after the image's name go to the broker: `--set auth.anonymous=never`, `--config /etc/causeway/other.yaml`.

FROM node:24-slim AS build
WORKDIR /causeway
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY bridges ./bridges
COPY src ./src
RUN npm run build && rm -f dist/.tsbuildinfo

FROM node:24-slim AS dependencies
WORKDIR /causeway
COPY package.json package-lock.json ./
RUN npm ci --omit=dev && npm cache clean --force

FROM node:24-slim
ENV NODE_ENV=production CAUSEWAY_DATA=/data
WORKDIR /causeway
COPY --from=dependencies /causeway/node_modules ./node_modules
COPY --from=build /causeway/dist ./dist
COPY package.json LICENSE* ./
COPY config/examples/container.yaml /etc/causeway/broker.yaml
RUN install -d -o node -g node -m 0700 /data
USER node
VOLUME /data
EXPOSE 1883 8083 18083
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:18083/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/main.js", "--config", "/etc/causeway/broker.yaml"]
