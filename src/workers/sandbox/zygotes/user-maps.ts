import { join } from 'node:path'
import { guard } from '../../../guard.ts'
import { ZYGOTE_WALLS } from '../bwrap/options.ts'
import type { SandboxUsers } from '../machine/users.ts'
import { readMessages } from '../process/read-lines.ts'
import { endInput, startProcess } from '../process/start-process.ts'

const guarded = guard('the process that maps users')

const NAMESPACE_FD = 3

export type UserMaps = {
  map(pid: number, uid: number): Promise<void>
  close(): Promise<void>
}

export async function startUserMaps(users: SandboxUsers, runtimesDir: string, onEnd: () => void): Promise<UserMaps> {
  const options = JSON.stringify({ namespace: NAMESPACE_FD, uid: users.shared, inside: ZYGOTE_WALLS.uid })
  const child = await startProcess('python3', ['-I', '-S', '-B', join(runtimesDir, 'user_maps.py'), options], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore', users.namespace ?? 'ignore'],
    cwd: '/',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
  })
  const waiting = new Map<number, (problem: string | null) => void>()
  const ready = Promise.withResolvers<void>()
  ready.promise.catch(() => {})
  let ended = false
  child.once(
    'exit',
    guarded((code, signal) => {
      ended = true
      onEnd()
      const problem = `the process that maps users has ended (${signal ?? `exit code ${code}`})`
      ready.reject(new Error(problem))
      for (const settle of waiting.values()) settle(problem)
    }),
  )
  child.stdin?.on('error', () => {})
  if (child.stdout !== null)
    readMessages(child.stdout, ({ pid, problem }) => {
      if (pid === undefined) ready.resolve()
      else waiting.get(Number(pid))?.(typeof problem === 'string' ? problem : null)
    })
  await ready.promise

  return {
    async map(pid, uid) {
      if (ended) throw new Error('the process that maps users has ended')
      const problem = await new Promise<string | null>((resolve) => {
        waiting.set(pid, resolve)
        child.stdin?.write(`${JSON.stringify({ pid, uid })}\n`)
      })
      waiting.delete(pid)
      if (problem !== null) throw new Error(`the user ${uid} could not be mapped: ${problem}`)
    },
    close: () => endInput(child),
  }
}
