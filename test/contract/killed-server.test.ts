import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { listBelow, unlessGone } from '../helpers/listing.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, until } from '../helpers/workflows.ts'

const scratch = mkdtempSync(join(tmpdir(), 'workflows-test-killed-'))
// The server does not use a folder that its functions may not enter.
chmodSync(scratch, 0o755)
after(() => rmSync(scratch, { recursive: true, force: true }))

/** A file in the home of a function, which without namespaces is a folder of the host. */
const LETTER = 'letter-of-ada.txt'
const SOURCE = `import time
def workflow(_request, settings):
    open("${LETTER}", "w").write("Dear hiring team")
    time.sleep(600)
`

test('what functions of a killed server wrote is gone after the next start; a live server keeps its own, and a stopped one leaves nothing', async (t) => {
  const folder = join(scratch, 'tmp')
  mkdirSync(folder)
  const start = async () => {
    const server = await startServer({ env: { TMPDIR: folder, WORKFLOWS_SANDBOX: 'landlock' } })
    t.after(() => server.stop('SIGKILL'))
    return server
  }
  const [killed, alive] = [await start(), await start()]
  const [left, kept] = [rootsOf(killed), rootsOf(alive)]
  assert.deepEqual(left.map(dirname).sort(), ['/dev/shm', folder].sort())
  for (const server of [killed, alive]) await writeLetter(server)
  await until(async () => lettersIn(folder).length === 2)
  await killed.stop('SIGKILL')
  assert.equal(lettersIn(folder).length, 2)

  const next = await start()
  await until(async () => !left.some(existsSync))
  await next.close()
  assert.deepEqual(kept.filter(existsSync), kept)
  const [letter = '', ...others] = lettersIn(folder)
  assert.ok(kept.some((root) => letter.startsWith(root)))
  assert.deepEqual(others, [])
  assert.deepEqual(
    readdirSync(folder),
    kept.filter((root) => root.startsWith(folder)).map((root) => basename(root)),
  )
})

/** The run of it does not end. */
async function writeLetter(server: TestServer): Promise<void> {
  const workflow = await createCatch(server, { source: SOURCE, timeout_seconds: 900 })
  void callHook(workflow, {}).catch(() => {})
}

const lettersIn = (folder: string): readonly string[] => listBelow(folder).filter((path) => path.endsWith(LETTER))

/** The folders whose lock the server holds. */
function rootsOf({ process: { pid } }: TestServer): readonly string[] {
  const folder = `/proc/${pid}/fd`
  const opened = readdirSync(folder).map((fd) => unlessGone(() => readlinkSync(join(folder, fd))) ?? '')
  return opened.filter((path) => /\/workflows-server-\w{6}\/lock$/.test(path)).map(dirname)
}
