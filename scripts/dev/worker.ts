/** Loads libraries while the previous server works: 0.4 of a start's 1.5 seconds. */

import { globSync, readFileSync } from 'node:fs'
import inspector from 'node:inspector'
import { join } from 'node:path'
import type { WorkerMessage } from './worker-process.ts'

const SOURCES = join(import.meta.dirname, '../../src')
const LIBRARY = /^(?:import (?!type )|export |\} )[^'\n]*from '([^'.][^']*)'$/gm

// Otherwise the process would keep the ports and data.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.on('message', (message: WorkerMessage) => {
  if (message.type === 'load') void loadProgram()
  else void serve(message.inspectorPort, message.host)
})
for (const name of findLibraries()) await import(name).catch(() => undefined)

function findLibraries(): ReadonlySet<string> {
  const texts = globSync('**/*.ts', { cwd: SOURCES }).map((path) => readFileSync(join(SOURCES, path), 'utf8'))
  return new Set(texts.flatMap((text) => [...text.matchAll(LIBRARY)].map(([, name]) => name ?? '')))
}

/** `serve` imports the same modules and shows the error. */
async function loadProgram(): Promise<void> {
  await import('../../src/commands/serve.ts').catch(() => undefined)
}

/** `--inspect` would take the port from the previous server. */
async function serve(inspectorPort: number, host: string): Promise<void> {
  process.channel?.unref()
  inspector.open(inspectorPort, host)
  process.argv.splice(1, Number.POSITIVE_INFINITY, join(SOURCES, 'cli/main.ts'), 'serve')
  await import('../../src/commands/main.ts')
}
