// Runs in two forks before a server starts its first worker of JavaScript (src/workers/pool/fork-test.ts). Returns what must differ between two forks, after
// it has used what a fork could break: threads, the engine's jobs, requests, processes and timers.
import { execFile } from 'node:child_process'
import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'

const loadedAt = performance.timeOrigin + performance.now()
const EMPTY_MODULE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])
let runs = 0

export async function workflow() {
  runs += 1
  const isOwnTime = performance.timeOrigin > loadedAt && performance.now() / 1000 <= process.uptime() + 1
  const [, code] = await Promise.all([
    WebAssembly.compile(EMPTY_MODULE),
    new Promise((resolve) => new Worker('', { eval: true }).on('exit', resolve)),
    readFile('/proc/self/stat'),
    promisify(execFile)('/bin/sh', ['-c', ':']),
    sleep(1),
  ])
  const random = [Math.random(), randomUUID(), randomInt(2 ** 40), randomBytes(9).toString('hex')]
  const distinct = [process.pid, ...random, crypto.getRandomValues(new Uint32Array(2)).join()]
  return { status_code: 200, body: JSON.stringify({ works: runs === 1 && code === 0 && isOwnTime, distinct }) }
}
