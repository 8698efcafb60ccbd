/** The server restarts with its code. `npm run dev -- --fresh` deletes the data first. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { KEEPING } from './demo/demo.ts'
import { startApp } from './dev/app.ts'
import { ensureData, type SignIn } from './dev/data.ts'
import { findPort, LOOPBACK, PORTS } from './dev/ports.ts'
import { startDevServer, WATCHED } from './dev/server.ts'

const ROOT = join(import.meta.dirname, '..')
const DATA = join(ROOT, '.cache/dev')

type Ports = Readonly<Record<keyof typeof PORTS, number>>

const { values } = parseArgs({ options: { fresh: { type: 'boolean' } } })
const stopped = untilSignal()
if (values.fresh === true) rmSync(DATA, { recursive: true, force: true })
// An explicit DATABASE_URL is used unchanged.
try {
  await develop(process.env.DATABASE_URL ? null : await ensureData(DATA))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
process.exit()

async function develop(signIn: SignIn | null): Promise<void> {
  const ports = await findPorts()
  const app = await startApp(ROOT, ports.app, ports.server)
  const server = startDevServer(ROOT, ports.inspector, environmentFor(ports, app.url, signIn))
  app.watch(WATCHED, server.restart)
  server.ready.then(() => explain(ports, app.url, signIn))
  await stopped
  await server.stop()
  await app.close()
}

async function findPorts(): Promise<Ports> {
  const found = { ...PORTS } as Record<keyof typeof PORTS, number>
  for (const name of Object.keys(found) as (keyof typeof PORTS)[]) {
    found[name] = await findPort(PORTS[name])
    if (found[name] !== PORTS[name])
      process.stdout.write(`Port ${PORTS[name]} is taken: ${name} is on ${found[name]}.\n`)
  }
  return found
}

function environmentFor({ server, functions }: Ports, appUrl: string, signIn: SignIn | null): NodeJS.ProcessEnv {
  const allowed = [process.env.WORKFLOWS_EGRESS_ALLOW, `${LOOPBACK}:${functions}`].filter(Boolean)
  return {
    WORKFLOWS_GRACE_SECONDS: '0',
    ...KEEPING,
    ...process.env,
    WORKFLOWS_HOST: LOOPBACK,
    WORKFLOWS_PORT: String(server),
    // Links and the check of a page's origin need it.
    WORKFLOWS_PUBLIC_URL: appUrl,
    WORKFLOWS_DATA_DIR: DATA,
    // The terminal of `npm run debug-function`.
    WORKFLOWS_EGRESS_ALLOW: allowed.join(','),
    ...(signIn === null ? {} : { WORKFLOWS_API_KEY: signIn.apiKey, WORKFLOWS_SECRET_KEY: '' }),
  }
}

function explain(ports: Ports, appUrl: string, signIn: SignIn | null): void {
  const lines = [
    `App             ${appUrl}`,
    ...(signIn === null ? [] : [`Sign in         ${signIn.email}, password ${signIn.password}`]),
    ...(signIn === null ? [] : [`API key         ${signIn.apiKey}`]),
    `Server          http://${LOOPBACK}:${ports.server} (without Vite before it)`,
    `Debugger        attach to ${LOOPBACK}:${ports.inspector}`,
    `Functions       npm run debug-function${ports.functions === PORTS.functions ? '' : ` -- --port ${ports.functions}`}`,
    'Ctrl-C stops everything. CONTRIBUTING.md says how to debug.',
  ]
  process.stdout.write(`\n${lines.map((line) => `  ${line}`).join('\n')}\n\n`)
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
}
