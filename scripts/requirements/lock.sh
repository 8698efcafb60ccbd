#!/bin/sh
# Writes this folder's lock files from base.in. --upgrade takes the newest releases. Needs the package index, and uv,
# which `npm start` installs.
set -eu
cd "$(dirname "$0")"
uv=../../.cache/uv/uv

# lock REQUIREMENTS LOCK FIRST_LINE [OPTIONS OF UV]
lock() {
  input=$1 output=$2 title=$3
  shift 3
  # An existing lock keeps its versions.
  grep -v '^#' "$output" >"$output.new" 2>/dev/null || : >"$output.new"
  "$uv" pip compile --quiet --no-header --no-annotate --generate-hashes --no-build "$@" "$input" -o "$output.new"
  { printf '# %s Made by lock.sh.\n' "$title"; cat "$output.new"; } >"$output"
  rm "$output.new"
}

for version in 3.6 3.7 3.8.18 3.9 3.10 3.11 3.12 3.13 3.14; do
  minor=$(printf '%s' "$version" | cut -d . -f 1,2)
  lock base.in "python$minor.txt" \
    "hrflow, requests and what they need on Python $minor, with the hashes of all their files." \
    --python-version "$version" "$@"
done
lock tools/base.in tools/base.txt \
  "The tests' own programs, on Python 3.11 or newer, with the hashes of all their files." \
  --universal --python-version 3.11 "$@"
lock zig/base.in zig/base.txt \
  "The compiler of runtimes/node/fork, with the hashes of all its files." \
  --universal --python-version 3.11 "$@"
