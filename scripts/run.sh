#!/bin/sh
# Runs all commands of package.json. A fresh clone needs Node >= 20, npm and Python 3.
#
# Plain sh: no Node may run TypeScript yet. Ends in `exec`: npm passes SIGTERM only to its child, so a process between
# would orphan the server.
set -u
# npm sets INIT_CWD, to which typed paths are relative.
: "${INIT_CWD:=$(pwd)}"
export INIT_CWD
umask 022
# With CDPATH, `cd` prints, so `cd … && pwd` would fail.
cd "$(dirname "$0")/.." >/dev/null || exit 1

. scripts/choose-node.sh

fail() {
  printf '\n%s\n' "$1" >&2
  exit 1
}

# A plain foreground child would outlive this shell after a signal.
run_stoppable() {
  # A signal before the start of the step is kept.
  stopped=
  trap 'stopped=130' INT
  trap 'stopped=143' TERM
  "$@" &
  child=$!
  trap 'kill -TERM "$child" 2>/dev/null; exit 130' INT
  trap 'kill -TERM "$child" 2>/dev/null; exit 143' TERM
  [ -z "$stopped" ] || { kill -TERM "$child" 2>/dev/null; exit "$stopped"; }
  wait "$child"
  status=$?
  trap - INT TERM
  return "$status"
}

install_packages() {
  # Removing node_modules removes the stamp and starts over.
  stamp=node_modules/.set-up-from
  wanted=$(cksum <package-lock.json) || fail "package-lock.json can't be read: is this a whole clone?"
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return 0
  echo 'Installing the npm packages (the first time this takes a minute)…'
  # `npm ci` deletes node_modules/.bin with its npm.
  if [ -n "${npm_execpath:-}" ] && [ -f "$npm_execpath" ]; then
    set -- "$MACHINE_NODE" "$npm_execpath"
  else
    set -- npm
  fi
  # Some packages require a newer Node, which runs them later.
  run_stoppable "$@" ci --ignore-scripts --no-audit --no-fund --include=dev --include=optional \
    --engine-strict=false --loglevel=error ||
    fail "The npm packages could not be installed (npm's own message is above).
Check that the npm registry can be reached and that this disk has 1 GB free, then run the same command again."
  problem=$(check_nodes node_modules scripts/node-sums.txt) ||
    fail "A Node that npm installed is not the expected one, so it is not run. $problem
If the package was updated on purpose, compare it with the official release (sh scripts/compare-node.sh), then change the list."
  printf '%s' "$wanted" >"$stamp" || fail "Can't write to $(pwd)/node_modules: check the folder's owner and free space."
}

# The comment at the head of a script is its usage.
describe() {
  awk '{ last = /\*\//; sub(/^(\/\*\*| \*) ?/, ""); sub(/ ?\*?\/ *$/, ""); if ($0 != "") print } last { exit }' "$1"
}

# docs/evidence/performance.md describes each benchmark in a line of a table.
list_benchmarks() {
  printf 'Usage: npm run bench -- [NAME]\n\n  %-14s%s\n' hook 'hooks per second; the one without a NAME; --quick takes under 3 minutes'
  sed -n 's/^| `npm run bench -- \([a-z-]*\)` | \(.*\) |$/\1 \2/p' docs/evidence/performance.md |
    while read -r name text; do printf '  %-14s%s\n' "$name" "$text"; done
  printf '\nnpm run bench -- NAME --help prints more.\n'
}

print_usage() {
  case $1 in
    hooks) echo 'npm run hooks: git checks each commit from now on.' ;;
    docs) echo 'npm run docs: serves the documentation with hot reload.' ;;
    docs-build) describe scripts/docs.ts ;;
    test | test-all | test-fast) describe scripts/test.ts ;;
    chaos) describe chaos/main.ts ;;
    bench) if [ -f "bench/$2.ts" ]; then describe "bench/$2.ts"; else list_benchmarks; fi ;;
    *) describe "scripts/$1.ts" ;;
  esac
}

MACHINE_NODE=$(find_machine_node) ||
  fail "Node 20 or newer is needed, and none is on PATH. Install it (package nodejs), then run the same command again."
MACHINE_NODE_MAJOR=$(node_major "$MACHINE_NODE")
[ "$MACHINE_NODE_MAJOR" -ge 20 ] ||
  fail "Node 20 or newer is needed, found $("$MACHINE_NODE" --version). Install a newer one, then run the same command again."
{ mkdir -p .cache && true >.cache/.writable; } 2>/dev/null ||
  fail "Can't write to $(pwd): set-up keeps its packages and caches there. Check the folder's owner, mode and free space."

command=${1:-start}
[ $# -gt 0 ] && shift
case $command in
  start | cli | build-cli | dev | debug-function | test | test-all | test-fast | check | release | sbom | advisories | hooks | docs | docs-build | reference | client | bench | chaos | screenshots | set-up | backup | restore | config | upgrade | rotate-key | reset-password | replay-decision) ;;
  *) fail "Unknown command \"$command\": expected start, cli, build-cli, dev, debug-function, test, test-all, test-fast, check, sbom, advisories, hooks, docs, docs-build, reference, client, bench, chaos, screenshots, set-up, backup, restore, config, upgrade, rotate-key, reset-password or replay-decision." ;;
esac
case $command in
  start | cli | backup | restore | config | upgrade | rotate-key | reset-password | replay-decision) ;;
  *) case " ${1:-} ${2:-} " in *' --help '* | *' -h '*) print_usage "$command" "${1:-}" && exit 0 ;; esac ;;
esac
if [ "$command" = hooks ]; then
  git config core.hooksPath .githooks || fail "The hook could not be switched on (git's own message is above): is this a clone?"
  echo 'Each commit is checked from now on (.githooks/pre-commit). git config --unset core.hooksPath switches it off.'
  exit 0
fi
install_packages
NODE=$(choose_node "$MACHINE_NODE" "$(pwd)/node_modules") ||
  fail "Node 24 or newer is needed to run, found $("$MACHINE_NODE" --version), and the one from the npm registry does not run
on this machine ($(uname -s) $(uname -m)). Install Node 24 yourself, then run the same command again."

# Saves a fifth of each start. Node checks it against the sources.
export NODE_COMPILE_CACHE="$(pwd)/.cache/compiled"
set_up() { run_stoppable "$NODE" --disable-warning=ExperimentalWarning scripts/set-up.ts "$@" || exit $?; }

case $command in
  start)
    # exec keeps the process id: background set-up ends with the server.
    case ${1:-} in --help | -h) ;; *) set_up start --server-pid $$ ;; esac
    # A dynamic threshold would keep large bodies on malloc's heap.
    export MALLOC_MMAP_THRESHOLD_=1048576
    # The start fills the space of young objects: 8 MiB instead of 16 save 17 MB, and 4 cost 4% of a call.
    exec "$NODE" --disable-warning=ExperimentalWarning --max-semi-space-size=8 src/commands/main.ts serve "$@"
    ;;
  cli)
    WORKFLOWS_CALLED_IN=$INIT_CWD
    export WORKFLOWS_CALLED_IN
    exec "$NODE" --disable-warning=ExperimentalWarning cli/main.ts "$@"
    ;;
  build-cli)
    exec "$NODE" --disable-warning=ExperimentalWarning scripts/build-cli.ts "$@"
    ;;
  dev)
    set_up start --server-pid $$
    exec "$NODE" --disable-warning=ExperimentalWarning scripts/dev.ts "$@"
    ;;
  debug-function)
    exec "$NODE" --disable-warning=ExperimentalWarning scripts/debug-function.ts "$@"
    ;;
  check)
    exec "$NODE" --disable-warning=ExperimentalWarning scripts/check.ts "$@"
    ;;
  test)
    set_up test
    exec "$NODE" --disable-warning=ExperimentalWarning scripts/test.ts "$@"
    ;;
  test-all)
    set_up test
    exec "$NODE" --disable-warning=ExperimentalWarning scripts/test.ts --all "$@"
    ;;
  test-fast)
    set_up start
    exec "$NODE" --disable-warning=ExperimentalWarning scripts/test.ts --fast "$@"
    ;;
  bench)
    bench=hook
    case ${1:-} in
      '' | --quick) ;;
      -*) fail "Unknown option \"$1\": expected --quick, or the name of a benchmark. $(list_benchmarks)" ;;
      *) bench=$1 && shift ;;
    esac
    [ -f "bench/$bench.ts" ] || fail "There is no benchmark \"$bench\". $(list_benchmarks)"
    set_up start --server-pid $$
    exec "$NODE" --disable-warning=ExperimentalWarning "bench/$bench.ts" "$@"
    ;;
  chaos)
    set_up test
    exec "$NODE" --disable-warning=ExperimentalWarning chaos/main.ts "$@"
    ;;
  reference)
    exec "$NODE" --disable-warning=ExperimentalWarning scripts/reference.ts "$@"
    ;;
  docs)
    exec "$NODE" node_modules/vitepress/bin/vitepress.js dev docs "$@"
    ;;
  docs-build)
    exec "$NODE" --disable-warning=ExperimentalWarning scripts/docs.ts "$@"
    ;;
  sbom | advisories | release)
    exec "$NODE" --disable-warning=ExperimentalWarning "scripts/$command.ts" "$@"
    ;;
  client)
    "$NODE" --disable-warning=ExperimentalWarning scripts/client.ts "$@" || exit $?
    "$NODE" --disable-warning=ExperimentalWarning scripts/schema.ts "$@" || exit $?
    exec "$NODE" --disable-warning=ExperimentalWarning scripts/options.ts "$@"
    ;;
  screenshots)
    set_up start --server-pid $$
    exec "$NODE" --disable-warning=ExperimentalWarning scripts/screenshots.ts "$@"
    ;;
  backup | restore | config | upgrade | rotate-key | reset-password)
    exec "$NODE" --disable-warning=ExperimentalWarning src/commands/main.ts "$command" "$@"
    ;;
  replay-decision)
    # Standard output has only the result.
    set_up sandbox </dev/null >&2
    exec "$NODE" --disable-warning=ExperimentalWarning src/commands/main.ts "$command" "$@"
    ;;
  set-up)
    set_up "${1:-start}"
    ;;
esac
