/** Google's functions-framework for Python and for Node, from the registries, into a folder of the cache. */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Target } from '../measure-hooks.ts'
import { freePort, PEERS, startProcess } from './processes.ts'

const DIRECTORY = PEERS
const PYTHON = `
import json, functions_framework
@functions_framework.http
def hook(request):
    return json.dumps({"id": request.get_json()["id"]}), 200, {"Content-Type": "application/json"}
`
const NODE = `
const functions = require('@google-cloud/functions-framework')
functions.http('hook', (request, reply) => reply.json({ id: request.body.id }))
`

export async function startFunctionsFrameworks(): Promise<Target[]> {
  await mkdir(DIRECTORY, { recursive: true })
  return [await startPython(), await startNode()]
}

async function startPython(): Promise<Target> {
  const venv = join(DIRECTORY, 'python')
  if (!existsSync(join(venv, 'bin/functions-framework'))) {
    execFileSync('python3', ['-m', 'venv', venv])
    execFileSync(join(venv, 'bin/pip'), ['install', '--quiet', 'functions-framework'], { stdio: 'inherit' })
  }
  await writeFile(join(DIRECTORY, 'main.py'), PYTHON)
  const port = await freePort()
  const source = join(DIRECTORY, 'main.py')
  const args = ['--target', 'hook', '--source', source, '--host', '127.0.0.1', '--port', String(port)]
  return await startProcess({
    name: 'functions-framework (Python)',
    command: [join(venv, 'bin/functions-framework'), ...args],
    url: `http://127.0.0.1:${port}/`,
  })
}

async function startNode(): Promise<Target> {
  const main = join(DIRECTORY, 'node_modules/@google-cloud/functions-framework/build/src/main.js')
  if (!existsSync(main)) {
    await writeFile(join(DIRECTORY, 'package.json'), '{"name":"peers","private":true,"main":"index.js"}')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '@google-cloud/functions-framework'], { cwd: DIRECTORY })
  }
  await writeFile(join(DIRECTORY, 'index.js'), NODE)
  const port = await freePort()
  const args = [main, '--target=hook', `--source=${DIRECTORY}`, `--port=${port}`]
  return await startProcess({
    name: 'functions-framework (Node)',
    command: [process.execPath, ...args],
    url: `http://127.0.0.1:${port}/`,
  })
}
