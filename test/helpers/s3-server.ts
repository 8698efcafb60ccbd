/** rclone's S3 server, which checks the signature of each request, behind a gate that can be shut. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ensureTools } from '../../scripts/set-up/tools.ts'

export const S3_KEYS = { access: 'AKTESTONLY12', secret: 'only-in-tests-5c1f0e' } as const

export type S3Server = {
  /** The files of the folder are the objects of the bucket `backups`. */
  readonly folder: string
  /** Backups go under `of/tests/`. */
  readonly options: Readonly<Record<string, string>>
  /** Breaks all connections after this many more bytes, and refuses new ones. Null ends that. */
  breakAfter(bytes: number | null): void
  /** Resolves after this many more bytes. Then nothing passes until `breakAfter(null)`. */
  holdAfter(bytes: number): Promise<void>
  start(): Promise<void>
  kill(): Promise<void>
  close(): Promise<void>
}

export async function startS3Server(): Promise<S3Server> {
  const { sitePackages } = await ensureTools(resolve(import.meta.dirname, '../..'))
  const program = join(sitePackages, 'bin/rclone')
  // The archive of the package lacks the executable bit.
  chmodSync(program, 0o755)
  const root = mkdtempSync(join(tmpdir(), 'workflows-s3-'))
  const folder = join(root, 'backups')
  mkdirSync(folder)
  let port = 0
  let child: ChildProcess | null = null
  const kill = async () => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const start = async () => {
    // A port that is chosen before the start may be another program's by then.
    const args = ['serve', 's3', '--addr', '127.0.0.1:0', '--vfs-cache-mode', 'off', root]
    const keys = `"${S3_KEYS.access},${S3_KEYS.secret}"`
    const env = { RCLONE_AUTH_KEY: keys, RCLONE_CONFIG: '/dev/null', HOME: root }
    child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    port = await portOf(child)
  }
  await start()
  const gate = await startGate(() => port)
  return {
    folder,
    options: {
      WORKFLOWS_BACKUP_S3_ENDPOINT: `http://127.0.0.1:${gate.port}`,
      WORKFLOWS_BACKUP_S3_BUCKET: 'backups',
      WORKFLOWS_BACKUP_S3_PREFIX: 'of/tests',
      WORKFLOWS_BACKUP_S3_ACCESS_KEY: S3_KEYS.access,
      WORKFLOWS_BACKUP_S3_SECRET_KEY: S3_KEYS.secret,
    },
    breakAfter: gate.breakAfter,
    holdAfter: gate.holdAfter,
    start,
    kill,
    async close() {
      await gate.close()
      await kill()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** The server prints its address once it listens. */
async function portOf({ stderr }: ChildProcess): Promise<number> {
  let printed = ''
  for await (const chunk of stderr?.iterator({ destroyOnReturn: false }) ?? []) {
    printed += chunk
    const port = /Starting s3 server on \[http:\/\/127\.0\.0\.1:(\d+)\//.exec(printed)?.[1]
    if (port === undefined) continue
    stderr?.resume()
    return Number(port)
  }
  throw new Error(`the S3 server does not listen: ${printed}`)
}

async function startGate(target: () => number) {
  let left: number | null = null
  let onHeld: (() => void) | null = null
  const sockets = new Set<Socket>()
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const passes = (bytes: number): boolean => {
    if (left === null) return true
    left -= bytes
    return left > 0
  }
  const stop = (socket: Socket) => {
    if (onHeld === null) return breakAll()
    socket.pause()
    onHeld()
  }
  const server = createServer((client) => {
    const upstream = connect(target(), '127.0.0.1')
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('data', (chunk) => {
        if (!passes(chunk.length)) stop(one)
        else if (!other.write(chunk)) one.pause()
      })
      other.on('drain', () => one.resume())
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    breakAfter(bytes: number | null) {
      if (onHeld !== null) breakAll()
      left = bytes
      onHeld = null
    },
    holdAfter(bytes: number): Promise<void> {
      left = bytes
      return new Promise((done) => {
        onHeld = done
      })
    },
    async close() {
      breakAll()
      server.close()
      await once(server, 'close')
    },
  }
}
