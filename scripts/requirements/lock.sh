#!/bin/sh
# Makes the lock files of this folder anew: `sh scripts/requirements/lock.sh` after base.in has changed, and with
# --upgrade to take the newest releases. It needs the package index, and uv, which `npm start` brings.
set -eu
cd "$(dirname "$0")"
uv=../../.cache/uv/uv

# $1: what is asked for · $2: the lock · $3: its first line · then options of uv
lock() {
  input=$1 output=$2 title=$3
  shift 3
  # A lock that exists keeps its versions.
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
