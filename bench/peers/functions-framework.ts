/** Google's functions-framework for Python and for Node, from the registries, into a folder of the cache. */

import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import type { Target } from '../measure-hooks.ts'

const DIRECTORY = resolve(import.meta.dirname, '../../.cache/peers')
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
  return await start('functions-framework (Python)', join(venv, 'bin/functions-framework'), args, port)
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
  return await start('functions-framework (Node)', process.execPath, args, port)
}

async function start(name: string, command: string, args: string[], port: number): Promise<Target> {
  const child = spawn(command, args, { cwd: DIRECTORY, stdio: 'ignore', detached: true })
  const url = `http://127.0.0.1:${port}/`
  for (let attempt = 0; ; attempt += 1) {
    const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":7}' }
    if (
      await fetch(url, body).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break
    if (attempt > 100) throw new Error(`${name} did not start`)
    await new Promise((done) => setTimeout(done, 100))
  }
  return { name, url, close: async () => void process.kill(-(child.pid ?? 0)) }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
