#!/usr/bin/env node
// The command line. In a clone it is run from its source, by the Node that the clone's set-up chooses; `npm pack` builds it
// into one file, which runs on Node 20.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))

if (existsSync(path('cli/main.ts'))) {
  const child = spawn('sh', [path('scripts/run.sh'), 'cli', ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, INIT_CWD: process.cwd() },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
  child.on('error', (error) => {
    process.stderr.write(`sh could not be started: ${error.message}\n`)
    process.exit(1)
  })
} else {
  await import(new URL('../dist/cli/main.js', import.meta.url).href)
}
