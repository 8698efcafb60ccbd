/** n8n: a webhook and a Code node, answered when the last node has ended, with PostgreSQL for its executions. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Target } from '../measure-hooks.ts'
import { freePort, installPackages, PEERS, type PeerOptions, startProcess } from './processes.ts'

const DIRECTORY = join(PEERS, 'n8n')
const WORKFLOW = {
  id: 'benchhook0000001',
  name: 'bench',
  active: true,
  settings: { executionOrder: 'v1' },
  nodes: [
    {
      id: 'a',
      name: 'Webhook',
      type: 'n8n-nodes-base.webhook',
      typeVersion: 2,
      position: [0, 0],
      webhookId: 'bench',
      parameters: { httpMethod: 'POST', path: 'bench', responseMode: 'lastNode', options: {} },
    },
    {
      id: 'b',
      name: 'Code',
      type: 'n8n-nodes-base.code',
      typeVersion: 2,
      position: [200, 0],
      parameters: { jsCode: 'return [{ json: { id: $input.first().json.body.id } }]' },
    },
  ],
  connections: { Webhook: { main: [[{ node: 'Code', type: 'main', index: 0 }]] } },
}

export async function startN8n({ createDatabase, mayInstall }: PeerOptions): Promise<Target | null> {
  if (!installPackages(DIRECTORY, ['n8n@2.41.1'], mayInstall)) return null
  const home = mkdtempSync(join(tmpdir(), 'workflows-n8n-'))
  const file = join(home, 'workflow.json')
  await writeFile(file, JSON.stringify(WORKFLOW))
  const [port, broker] = [await freePort(), await freePort()]
  const url = new URL(await createDatabase())
  const env = {
    DB_TYPE: 'postgresdb',
    DB_POSTGRESDB_HOST: url.searchParams.get('host') ?? url.hostname,
    DB_POSTGRESDB_DATABASE: url.pathname.slice(1),
    DB_POSTGRESDB_USER: url.username,
    N8N_USER_FOLDER: home,
    N8N_PORT: String(port),
    N8N_LISTEN_ADDRESS: '127.0.0.1',
    N8N_RUNNERS_BROKER_PORT: String(broker),
    N8N_DIAGNOSTICS_ENABLED: 'false',
    N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
    N8N_TEMPLATES_ENABLED: 'false',
    N8N_LOG_LEVEL: 'error',
  }
  const program = [process.execPath, join(DIRECTORY, 'node_modules/n8n/bin/n8n')] as const
  const run = (...args: string[]) =>
    execFileSync(program[0], [program[1], ...args], {
      env: { ...process.env, ...env },
      stdio: 'pipe',
      timeout: 240_000,
    })
  run('import:workflow', `--input=${file}`)
  run('publish:workflow', `--id=${WORKFLOW.id}`)
  const target = await startProcess({
    name: 'n8n, webhook and Code node',
    command: [...program, 'start'],
    url: `http://127.0.0.1:${port}/webhook/bench`,
    env,
    cwd: DIRECTORY,
    seconds: 240,
  })
  return {
    ...target,
    async close() {
      await target.close()
      await rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
    },
  }
}
