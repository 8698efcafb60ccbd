/** The floor: the same Fastify and the same Python with no sandbox, no store and no logs, over a pipe. */

import { spawn } from 'node:child_process'
import Fastify from 'fastify'
import type { Target } from '../measure-hooks.ts'

const ECHO = `
import json, sys
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(json.dumps({"id": json.loads(line)["id"]}).encode() + b"\\n")
    sys.stdout.buffer.flush()
`

export async function startFloor(): Promise<Target> {
  const python = spawn('python3', ['-I', '-c', ECHO], { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting: ((line: string) => void)[] = []
  let rest = ''
  python.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) waiting.shift()?.(line)
  })
  const app = Fastify()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.post('/', (request, reply) => {
    python.stdin.write(`${String(request.body)}\n`)
    waiting.push((line) => reply.header('content-type', 'application/json').send(line))
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    name: 'floor (Fastify + Python, bare)',
    url,
    async close() {
      await app.close()
      python.kill()
    },
  }
}
