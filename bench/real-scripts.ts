/**
 * Public scripts of others, unchanged, as modules of a workflow whose source is a block of packages and a few lines that put their
 * input in place: how many deploy, how many answer, and why others don't. `REAL_SCRIPTS` names a folder with a clone of each
 * repository below, called OWNER+NAME. HTTP goes to a fake on this machine. Needs a package index. `BENCH_SETS`: parts of names.
 * Prints a table and renews docs/evidence/performance.md.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from '../test/helpers/server.ts'
import { declaring } from '../test/helpers/wheels.ts'
import { callHook, must, type WorkflowBody } from '../test/helpers/workflows.ts'
import { round } from './figures.ts'
import { report } from './report.ts'
import { REAL_SCRIPTS, type RealScript, startFake } from './scripts/real-scripts.ts'

const FOLDER = process.env.REAL_SCRIPTS ?? ''
const ONLY = process.env.BENCH_SETS ?? ''
if (!existsSync(FOLDER))
  throw new Error('Set REAL_SCRIPTS to a folder with clones of the repositories in bench/scripts/.')

const fake = await startFake()
const server = await startServer({ env: { UV_FIND_LINKS: '', WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${fake.port}` } })
const rows: Record<string, string | number>[] = []
try {
  for (const script of REAL_SCRIPTS.filter(
    ({ what }) => ONLY === '' || ONLY.split(',').some((part) => what.includes(part)),
  ))
    rows.push(await tryOut(script))
} finally {
  await server.close()
  await fake.close()
}
console.table(rows)
if (ONLY === '') await report('real-scripts', rows)

async function tryOut(script: RealScript) {
  const { what, repository, path, dependencies } = script
  const row = { what, script: `${repository}: ${path}`, packages: dependencies.join(', ') }
  const workflow = await must(
    server.api<WorkflowBody>('POST', '/api/workflows', { name: what, kind: 'catch', timeout_seconds: 120 }),
    201,
  )
  const start = performance.now()
  const version = await server.api('POST', `/api/workflows/${workflow.id}/versions`, {
    source: sourceOf(script),
    files: { 'script.py': read(repository, path), ...filesOf(script) },
  })
  const deployed = round((performance.now() - start) / 1000)
  if (version.status !== 201)
    return { ...row, deployed: 'no', answered: 'no', 'deployed, s': deployed, reason: shorten(version.body.detail) }
  const answer = await callHook(workflow, {})
  const { body } = await server.api<{ data: { status: string; message: string | null }[] }>(
    'GET',
    `/api/workflows/${workflow.id}/runs`,
  )
  const [run] = body.data
  const isGood = answer.status === 200 && run?.status === 'succeeded' && answer.text.includes(script.expected)
  return {
    ...row,
    deployed: 'yes',
    answered: isGood ? 'yes' : 'no',
    'deployed, s': deployed,
    reason: isGood ? '' : `${script.reason ?? ''} (${shorten(run?.message ?? answer.text)})`.trim(),
  }
}

/** The block, the input of the script, and a function that runs it as `python script.py` would, and answers with what it printed. */
function sourceOf({ dependencies, before = '', after = '', inputs = {}, repository }: RealScript): string {
  const files = Object.entries(inputs).map(([name, path]) => [
    name,
    readFileSync(join(folderOf(repository), path)).toString('base64'),
  ])
  return declaring(
    dependencies,
    `
import base64, builtins, contextlib, importlib.util, io, json, os, sys

FAKE = "http://127.0.0.1:${fake.port}"
FILES = ${JSON.stringify(Object.fromEntries(files))}


def workflow(_request, settings):
    for name, content in FILES.items():
        with open(name, "wb") as file:
            file.write(base64.b64decode(content))
${indent(before)}
    source = importlib.util.find_spec("script").loader.get_source("script")
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(source, "script.py", "exec"), names)
${indent(after)}
    return {"status_code": 200, "body": printed.getvalue()}
`,
    ['requires-python = ">=3.12"'],
  )
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n')
}

function folderOf(repository: string): string {
  return join(FOLDER, repository.replace('/', '+'))
}

function read(repository: string, path: string): string {
  return readFileSync(join(folderOf(repository), path), 'utf8')
}

function filesOf({ repository, modules = [] }: RealScript): Record<string, string> {
  return Object.fromEntries(modules.map((path) => [path, read(repository, path)]))
}

function shorten(text: unknown): string {
  return String(text).replaceAll(/\s+/g, ' ').replaceAll('|', '/').slice(0, 160)
}
