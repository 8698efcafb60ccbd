#!/bin/sh
# Compares npm's Node with the Node project's release, whose archive must have the sum in its SHASUMS256.txt and in
# scripts/node-sums.txt. Needs https://nodejs.org. Check the signature of SHASUMS256.txt.asc yourself, with the keys of
# https://github.com/nodejs/release-keys. Exit code: 0 equal, 1 different, 2 not comparable.
set -u
cd "$(dirname "$0")/.." || exit 2
. scripts/choose-node.sh

cannot() {
  printf 'Not compared: %s\n' "$1" >&2
  exit 2
}

folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
compared=0
for package in $NODE_PACKAGES; do
  binary=node_modules/$package/bin/node
  [ -f "$binary" ] || continue
  version=$("$binary" --version) || cannot "$package does not run on this machine."
  platform=$(printf '%s' "$package" | sed 's/^node-bin-//; s/^node-//')
  name=node-$version-$platform.tar.gz
  for file in SHASUMS256.txt "$name"; do
    curl --fail --silent --show-error --location --output "$folder/$file" "https://nodejs.org/dist/$version/$file" ||
      cannot "https://nodejs.org/dist/$version/$file could not be fetched."
  done
  wanted=$(awk -v name="$name" '$2 == name { print $1 }' "$folder/SHASUMS256.txt")
  listed=$(awk -v name="$name" '$2 == name { print $1 }' scripts/node-sums.txt)
  [ "$listed" = "$wanted" ] || { echo "SHASUMS256.txt says $wanted for $name, and scripts/node-sums.txt ${listed:-nothing}." >&2; exit 1; }
  [ "$(sha256_of "$folder/$name")" = "$wanted" ] || { echo "$name has another sum than SHASUMS256.txt says." >&2; exit 1; }
  tar -xzf "$folder/$name" -C "$folder" "node-$version-$platform/bin/node" || cannot "$name holds no bin/node."
  if ! cmp -s "$folder/node-$version-$platform/bin/node" "$binary"; then
    echo "$binary is not the one of the release $version." >&2
    exit 1
  fi
  echo "$binary is the one of the release $version."
  compared=1
done
[ "$compared" = 1 ] || cannot "npm installed no Node for this machine."
