/** A server in a cgroup with 700 MB, as a container has it, and functions that need more than that together. */

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { locateV1 } from '../../../src/workers/sandbox/cgroups/cgroups-v1.ts'
import { startServer, type TestServer, type Through } from '../../helpers/server.ts'
import { callHook, createCatch, runOf } from '../../helpers/workflows.ts'

const LIMIT = 700_000_000
const TAKES = (mib: number) => `import time
def workflow(_request, settings):
    held = bytearray(${mib} << 20)
    for index in range(0, len(held), 4096): held[index] = 1
    time.sleep(1)
    return {"status_code": 200, "body": "ok"}
`

const folder = makeCgroup()
const skip = folder === null && 'only root, with a cgroup v1 for memory, can make a container here'

describe('a server in a container with 700 MB', { skip }, () => {
  let server: TestServer
  before(async () => {
    server = await startServer({ through: inside(folder ?? '') })
  })
  after(async () => {
    await server?.close()
    await removeCgroup(folder ?? '')
  })

  const count = async (metric: string) => {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    return Number(new RegExp(`^${metric} (\\S+)$`, 'm').exec(text)?.[1])
  }

  test('answers six calls at once whose functions take 280 MiB each: they take turns', async () => {
    const workflow = await createCatch(server, { source: TAKES(280), max_concurrency: 6 })
    const answers = await Promise.all(Array.from({ length: 6 }, () => callHook(workflow, {})))
    assert.deepEqual(
      answers.map(({ status, text }) => `${status} ${text}`),
      Array(6).fill('200 ok'),
    )
    assert.equal(readKills(), 0)
    assert.ok((await count('workflows_memory_waits_total')) > 0)
    assert.equal(await count('workflows_memory_kills_total'), 0)
    assert.match(server.output(), /memory is short: runs wait until others have ended/)
  })

  test('says of a run that alone takes more than there is that memory ran out, not that it reached its limit', async () => {
    const workflow = await createCatch(server, { source: TAKES(900), memory_mib: 2048 })
    const answer = await callHook(workflow, {})
    const { code, message } = await runOf(server, answer)
    assert.deepEqual([answer.status, code], [500, 'crashed'])
    assert.match(
      message ?? '',
      /^The kernel ended the process of the function \(SIGKILL\) when memory ran out on the machine, or in the container of the server\. The run was below its own limit of 2048 MiB/,
    )
    assert.equal(await count('workflows_memory_kills_total'), 1)
    const good = await createCatch(server, { source: TAKES(1) })
    assert.equal((await callHook(good, {})).text, 'ok')
  })
})

/** A cgroup below that of the tests; null where none can be made. */
function makeCgroup(): string | null {
  try {
    const own = locateV1('/proc/self', 'memory')
    if (own === null || process.getuid?.() !== 0) return null
    const made = join(own.folder, `workflows-test-short-${process.pid}`)
    mkdirSync(made)
    writeFileSync(join(made, 'memory.limit_in_bytes'), String(LIMIT))
    return made
  } catch {
    return null
  }
}

function inside(cgroup: string): Through {
  const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
  return (command) => ({ file: 'sh', args: ['-c', script, cgroup, ...command], identity: {} })
}

/** How many processes in the container's cgroup itself, which is the server's, were ended. */
function readKills(): number {
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(folder ?? '', 'memory.oom_control'), 'utf8'))?.[1])
}

/** Not before its processes have ended. */
async function removeCgroup(made: string): Promise<void> {
  for (let tries = 0; tries < 100 && existsSync(made); tries += 1) {
    try {
      rmdirSync(made)
    } catch {
      await sleep(50)
    }
  }
}
