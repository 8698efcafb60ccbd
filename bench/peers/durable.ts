/** DBOS and Restate: a call starts a durable workflow. The workflow has one stored step, or the number in the request. */

import { mkdtempSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Target } from '../measure-hooks.ts'
import { freePort, installPackages, PEERS, type PeerOptions, startProcess } from './processes.ts'

const DIRECTORY = join(PEERS, 'durable')
const PACKAGES = ['@dbos-inc/dbos-sdk@5.3.0', '@restatedev/restate-server@1.7.12', '@restatedev/restate-sdk@1.17.2']

const DBOS = `
import { createServer } from 'node:http'
import { DBOS } from '@dbos-inc/dbos-sdk'
const hook = DBOS.registerWorkflow(async (body) => {
  const { id, steps = 1 } = JSON.parse(body)
  let done = 0
  for (let index = 0; index < steps; index += 1) done += await DBOS.runStep(async () => 1, { name: 'step' })
  return { id, done }
}, { name: 'hook' })
DBOS.setConfig({ name: 'bench', systemDatabaseUrl: process.env.BENCH_DATABASE, runAdminServer: false, logLevel: 'error' })
await DBOS.launch()
createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => { body += chunk })
  request.on('end', () => hook(body).then(
    (answer) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
    () => response.writeHead(500).end()))
}).listen(Number(process.env.BENCH_PORT), '127.0.0.1')
`

export async function startDbos({ createDatabase, mayInstall }: PeerOptions): Promise<Target | null> {
  if (!installPackages(DIRECTORY, PACKAGES, mayInstall)) return null
  await writeFile(join(DIRECTORY, 'dbos.js'), DBOS)
  const port = await freePort()
  return await startProcess({
    name: 'DBOS, one step, PostgreSQL',
    command: [process.execPath, 'dbos.js'],
    url: `http://127.0.0.1:${port}/`,
    env: { BENCH_DATABASE: await createDatabase(), BENCH_PORT: String(port) },
    cwd: DIRECTORY,
  })
}

const RESTATE = `
import * as restate from '@restatedev/restate-sdk'
restate.endpoint().bind(restate.service({ name: 'bench', handlers: {
  hook: async (context, { id, steps = 1 }) => {
    let done = 0
    for (let index = 0; index < steps; index += 1) done += await context.run('step', () => 1)
    return { id, done }
  },
} })).listen(Number(process.env.BENCH_PORT))
`

/** Three ports: what callers call, what it is managed by, and our service. */
export async function startRestate({ mayInstall }: PeerOptions): Promise<Target | null> {
  if (!installPackages(DIRECTORY, PACKAGES, mayInstall)) return null
  await writeFile(join(DIRECTORY, 'restate.js'), RESTATE)
  const [ingress, admin, service, node] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const program = join(DIRECTORY, 'node_modules/.bin/restate-server')
  const base = mkdtempSync(join(tmpdir(), 'workflows-restate-'))
  const script = [
    `"${process.execPath}" restate.js &`,
    `"${program}" --base-dir "${base}" --bind-address "127.0.0.1:${node}" &`,
    // Its own command registers the service once both are there.
    `for i in $(seq 200); do curl -sf -o /dev/null -X POST http://127.0.0.1:${admin}/deployments -H 'content-type: application/json' -d '{"uri":"http://127.0.0.1:${service}"}' && break; sleep 0.2; done`,
    'wait',
  ].join('\n')
  const target = await startProcess({
    name: 'Restate, one step',
    command: ['/bin/sh', '-c', script],
    url: `http://127.0.0.1:${ingress}/bench/hook`,
    env: {
      BENCH_PORT: String(service),
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    },
    cwd: DIRECTORY,
    seconds: 60,
  })
  return {
    ...target,
    async close() {
      await target.close()
      // Its processes may still be ending.
      await rm(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
    },
  }
}
