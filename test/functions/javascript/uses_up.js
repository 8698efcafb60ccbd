import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, truncateSync, writeSync } from 'node:fs'

const held = []

function grow() {
  for (;;) held.push(Buffer.alloc(10_000_000, 1))
}

async function forks() {
  let count = 0
  for (;;) {
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
    const failed = await new Promise((done) => {
      child.once('error', () => done(true))
      child.once('spawn', () => done(false))
    })
    if (failed) return count
    count += 1
  }
}

function files() {
  try {
    for (;;) held.push(openSync('/dev/null'))
  } catch (error) {
    return error.code
  }
}

function disk() {
  const found = []
  const block = Buffer.alloc(1_000_000, 'x')
  for (const folder of ['/', '/dev', '/dev/shm', '/etc', '/proc', '/tmp', '/usr']) {
    try {
      const file = openSync(`${folder}/big`, 'w')
      for (let number = 0; number < 2000; number += 1) writeSync(file, block)
      closeSync(file)
      found.push(`('${folder}', 'no end')`)
    } catch (error) {
      found.push(`('${folder}', '${error.code}')`)
    }
  }
  return found.join(', ')
}

const CASES = {
  forks,
  'fork bomb': () => spawnSync('sh', ['-c', 'b() { b | b & }; b; sleep 0.3']).status,
  'one allocation': () => Buffer.alloc(4 * 10 ** 9, 1),
  grows: grow,
  'grows and catches': () => {
    try {
      grow()
    } catch {
      return "'caught'"
    }
  },
  'endless recursion': () => {
    const recurse = () => recurse() + 1
    return recurse()
  },
  files: () => `'${files()}'`,
  disk,
  'sparse file': () => {
    closeSync(openSync('/tmp/sparse', 'w'))
    truncateSync('/tmp/sparse', 1_000_000_000)
    return "'made'"
  },
  randomness: () => randomBytes(10 ** 8).length,
  'within the limit': () => Buffer.alloc(400 * 1024 * 1024, 1).length,
}

export default async function workflow(request) {
  return { status_code: 200, body: String(await CASES[request.case]()) }
}
