/**
 * Workflows of Pipedream and AWS Lambda handlers of public repositories, imported unchanged: how many become a folder, deploy
 * and answer a hook, and why others don't. `REAL_EXPORTS` names a folder with a clone of each repository, called OWNER+NAME.
 * Settings that they read get the value "x" or an address, the request is {}, and there is no internet. Needs the indexes of PyPI
 * and npm. `BENCH_SETS`: parts of paths. Prints a table and renews docs/evidence/performance.md.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { importLambda } from '../cli/importers/lambda.ts'
import { importPipedream } from '../cli/importers/pipedream.ts'
import type { Imported } from '../cli/importers/report.ts'
import { packFolder } from '../src/domain/folders/archive.ts'
import { startServer } from '../test/helpers/server.ts'
import { must, type WorkflowBody } from '../test/helpers/workflows.ts'
import { postJson } from './measure-hooks.ts'
import { report } from './report.ts'

const FOLDER = process.env.REAL_EXPORTS ?? ''
const ONLY = process.env.BENCH_SETS ?? ''
if (!existsSync(FOLDER)) throw new Error('Set REAL_EXPORTS to a folder with clones of repositories, called OWNER+NAME.')

const LAMBDA =
  /^def (lambda_)?handler\(\s*\w+[^,)]*,|exports\.(lambdaH|h)andler|export (const|async function|function) (lambdaH|h)andler/m
/** What a function says that got as far as it can without an account and the internet. */
const OUTSIDE =
  /ConnectionError|EndpointConnection|Max retries|ENOTFOUND|EAI_AGAIN|fetch failed|Name or service|name resolution|getaddrinfo|ECONNREFUSED|Could not connect|Network is unreachable/i

/** What takes the place of an execution role, as IMPORT.md says. */
const AWS = [
  ['AWS_DEFAULT_REGION', 'eu-west-1'],
  ['AWS_REGION', 'eu-west-1'],
  ['AWS_ACCESS_KEY_ID', 'x'],
  ['AWS_SECRET_ACCESS_KEY', 'x'],
] as const

/** What code says that reads a field of the event, which {} has not. */
const EVENT = /KeyError|of undefined \(reading|string indices/

type Found = { readonly from: 'Pipedream' | 'Lambda'; readonly path: string; readonly language: string }

const server = await startServer({ env: { UV_FIND_LINKS: '' } })
const rows: Record<string, string | number>[] = []
try {
  for (const found of [...findIn(FOLDER)].filter(({ path }) => ONLY.split(',').some((part) => path.includes(part)))) {
    rows.push(await tryOut(found))
    console.log(JSON.stringify(rows.at(-1)))
  }
} finally {
  await server.close()
}
const summary = ['Pipedream Python', 'Pipedream JavaScript', 'Lambda Python', 'Lambda JavaScript'].map((what) => {
  const own = rows.filter((row) => row.what === what)
  const count = (column: string, word: string) => own.filter((row) => row[column] === word).length
  return {
    what,
    found: own.length,
    'a folder': count('folder', 'yes'),
    deployed: count('deployed', 'yes'),
    answered: count('answered', 'yes'),
    'up to the network': count('answered', 'network'),
    'asks for its event': own.filter(({ reason }) => EVENT.test(String(reason))).length,
    'an action to write': own.filter(({ reason }) => /write it in workflow/.test(String(reason))).length,
  }
})
console.table(summary)
if (ONLY === '') await report('imports', summary)

function* findIn(folder: string): Generator<Found> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== '.git') yield* findIn(path)
    if (!entry.isFile()) continue
    if (entry.name === 'workflow.yaml' && readFileSync(path, 'utf8').startsWith('schema: workflow/')) {
      const code = readdirSync(folder, { recursive: true }).map(String)
      yield { from: 'Pipedream', path, language: code.some((name) => name.endsWith('.py')) ? 'Python' : 'JavaScript' }
    } else if (/\.(py|m?[jt]s)$/.test(entry.name) && LAMBDA.test(readFileSync(path, 'utf8'))) {
      // Steps of Pipedream have a function of this name too.
      if (/pd: ?"pipedream"/.test(readFileSync(path, 'utf8'))) continue
      yield { from: 'Lambda', path, language: entry.name.endsWith('.py') ? 'Python' : 'JavaScript' }
    }
  }
}

async function tryOut({ from, path, language }: Found) {
  const row = { what: `${from} ${language}`, export: relative(FOLDER, path) }
  const imported = tryImport(from, path)
  if (typeof imported === 'string') return { ...row, folder: 'no', deployed: 'no', answered: 'no', reason: imported }
  const made = await send(imported)
  if (typeof made === 'string') return { ...row, folder: 'yes', deployed: 'no', answered: 'no', reason: made }
  for (const [key, value] of [...settingsOf(imported), ...AWS])
    await must(server.api('PUT', `/api/workflows/${made.id}/settings/${key}`, { value }), 200)
  const isHook = made.kind === 'catch'
  const status = isHook ? await call(made) : 0
  if (!isHook) await server.api('POST', `/api/workflows/${made.id}/runs`, {})
  const { body } = await server.api<{ data: Run[] }>('GET', `/api/workflows/${made.id}/runs`)
  const run = body.data[0]
  const trouble = await readTrouble(run)
  const answered = run?.status === 'succeeded' ? 'yes' : OUTSIDE.test(trouble) ? 'network' : 'no'
  return { ...row, folder: 'yes', deployed: 'yes', answered, status, reason: shorten(run?.message) }
}

type Run = { readonly id: string; readonly status: string; readonly message: string | null }

async function readTrouble(run: Run | undefined): Promise<string> {
  if (run === undefined) return ''
  const { text } = await server.api('GET', `/api/runs/${run.id}`)
  return text
}

function tryImport(from: string, path: string): Imported | string {
  try {
    return from === 'Lambda' ? importLambda(path, {}) : importPipedream(path, undefined)
  } catch (error) {
    return shorten(String(error))
  }
}

async function send({ name, files }: Imported): Promise<WorkflowBody | string> {
  const response = await fetch(`${server.url}/api/workflows/import?deploy=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/zip', authorization: `Bearer ${server.apiKey}` },
    body: new Uint8Array(packFolder(name.replace(/\W/g, '-'), files)),
  })
  const text = await response.text()
  if (response.status !== 201) return shorten(`${response.status} ${text}`)
  const made: WorkflowBody = JSON.parse(text)
  return made
}

/** The status of the answer; handlers may call anything JSON, so it is not read. */
async function call({ hook_url: url }: WorkflowBody): Promise<number> {
  return (await postJson(url, '{}')).status
}

function settingsOf({ files }: Imported): readonly (readonly [string, string])[] {
  const keys = [...(files.get('settings.env') ?? '').matchAll(/^(\w+)=/gm)].map(([, key = '']) => key)
  return keys.map((key) => [key, /UR[IL]|HOOK|ENDPOINT/i.test(key) ? 'https://hooks.example/x' : 'x'])
}

function shorten(text: string | null | undefined): string {
  return (text ?? '')
    .replaceAll(FOLDER, '')
    .replace(/[\s|]+/g, ' ')
    .slice(0, 300)
}
