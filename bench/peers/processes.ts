/** Peers are programs of their own, installed into a folder of the cache. */

import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { postJson, type Target } from '../measure-hooks.ts'

export const PEERS = resolve(import.meta.dirname, '../../.cache/peers')

export type PeerOptions = {
  readonly createDatabase: () => Promise<string>
  /** Installing some of them takes minutes. */
  readonly mayInstall: boolean
}

/** Installs npm packages, each at its exact version, into a folder of their own. False: they are not there, and may not be installed. */
export function installPackages(directory: string, packages: readonly string[], mayInstall: boolean): boolean {
  const stamp = join(directory, '.installed')
  if (existsSync(stamp)) return true
  if (!mayInstall) return false
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'package.json'), '{"name":"peers","private":true,"type":"module"}')
  // Their packages ask for the Node that this runs on. What their scripts would build is not used here.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    '--save-exact',
    '--ignore-scripts',
    '--loglevel=error',
    ...packages,
  ]
  execFileSync('npm', args, { cwd: directory, env, stdio: ['ignore', 'ignore', 'inherit'] })
  writeFileSync(stamp, '')
  return true
}

type PeerProcess = {
  readonly name: string
  readonly command: readonly string[]
  readonly url: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly seconds?: number
}

/** Starts a process group and waits until a POST to its URL is answered with success. */
export async function startProcess({
  name,
  command,
  url,
  env = {},
  cwd = PEERS,
  seconds = 20,
}: PeerProcess): Promise<Target> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: 'ignore', detached: true })
  const close = async () => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid)
  }
  const deadline = performance.now() + seconds * 1000
  while (!(await isAnswered(url))) {
    if (performance.now() < deadline && child.exitCode === null) await new Promise((done) => setTimeout(done, 100))
    else {
      await close()
      throw new Error(`${name} did not answer within ${seconds} s`)
    }
  }
  return { name, url, close }
}

async function isAnswered(url: string): Promise<boolean> {
  return await postJson(url, '{"id":7}').then(
    ({ ok }) => ok,
    () => false,
  )
}

/** One that does not start on this machine is left out, with its reason. */
export async function tryPeer(
  name: string,
  start: (options: PeerOptions) => Promise<Target | null>,
  options: PeerOptions,
): Promise<Target[]> {
  try {
    const target = await start(options)
    if (target !== null) return [target]
    console.log(`${name} is left out: it is not installed yet`)
  } catch (error) {
    console.log(`${name} is left out: ${error instanceof Error ? error.message : String(error)}`)
  }
  return []
}

export function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
