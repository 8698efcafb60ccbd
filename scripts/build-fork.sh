#!/bin/sh
# Compiles runtimes/node/fork/fork.c for x64 and arm64 against glibc 2.28, which Node 24 needs too. --check only
# compares. The pinned compiler is downloaded (100 MB), and makes the same files on every machine. Needs the package
# index, and uv, which `npm start` installs.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
.cache/uv/uv pip install --quiet --require-hashes --target "$folder/zig" -r scripts/requirements/zig/base.txt
export ZIG_GLOBAL_CACHE_DIR="$folder/cache" ZIG_LOCAL_CACHE_DIR="$folder/cache"
for platform in x86_64:x64 aarch64:arm64; do
  file=linux-${platform#*:}.node
  "$folder/zig/ziglang/zig" cc -target "${platform%:*}-linux-gnu.2.28" -O2 -s -shared -fPIC -fvisibility=hidden \
    -fno-sanitize=all -Wall -Wextra -Werror -Wl,--build-id=none -o "$folder/$file" runtimes/node/fork/fork.c -ldl -lpthread
  if [ "${1:-}" = --check ]; then
    cmp "$folder/$file" "runtimes/node/fork/$file"
  else
    cp "$folder/$file" "runtimes/node/fork/$file"
    chmod 644 "runtimes/node/fork/$file"
  fi
done
