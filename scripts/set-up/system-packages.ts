/** apt-get needs root. Elsewhere the command is printed. */

import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { lastLines, run, say } from './process.ts'

export type SystemPackage = { readonly name: string; readonly purpose: string; readonly isPresent: () => boolean }

const BUBBLEWRAP = command('bwrap', 'bubblewrap', 'the sandbox around workflow code')
const SETPRIV = command('setpriv', 'util-linux', 'giving up root before workflow code runs')
const CHROMIUM = command('chromium', 'chromium', 'the tests of what a browser opens')
const CHROMIUM_SHELL = command('chromium-headless-shell', 'chromium-headless-shell', 'the browser tests')
const NGINX = command('nginx', 'nginx', 'the test of its configuration')
const PGBOUNCER = command('pgbouncer', 'pgbouncer', 'the test of servers behind a pooler of connections')
const STRACE = command('strace', 'strace', 'the tests of what is flushed to disk')
const POSTGRESQL: SystemPackage = {
  name: 'postgresql',
  purpose: 'the store tests on PostgreSQL',
  isPresent: () => findCommand('initdb') !== null || hasPostgresqlServer(),
}
/** The SDKs of Python 3.6 and 3.7 load libmagic. */
const LIBMAGIC: SystemPackage = {
  name: 'libmagic1',
  purpose: 'the HrFlow SDK on Python 3.6 and 3.7',
  isPresent: () => hasLibrary('libmagic.so.1'),
}

export const TO_RUN: readonly SystemPackage[] = [BUBBLEWRAP, SETPRIV]
export const TO_TEST: readonly SystemPackage[] = [
  ...TO_RUN,
  CHROMIUM,
  CHROMIUM_SHELL,
  NGINX,
  PGBOUNCER,
  POSTGRESQL,
  STRACE,
  LIBMAGIC,
]

export function findCommand(name: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder !== '' && isExecutable(join(folder, name))) return join(folder, name)
  }
  return null
}

/** A line for each missing package. Never throws: the program starts without them. */
export async function ensureSystemPackages(packages: readonly SystemPackage[]): Promise<void> {
  if (process.platform !== 'linux') return
  const missing = packages.filter((item) => !item.isPresent())
  if (missing.length === 0) return
  const problem = await installDebianPackages(missing.map((item) => item.name))
  const still = missing.filter((item) => !item.isPresent())
  if (still.length === 0) return
  for (const item of still) say(`Missing: ${item.name}, for ${item.purpose}.`)
  if (problem !== null) say(problem)
}

/** Returns null, or a sentence with the remedy. */
export async function installDebianPackages(names: readonly string[]): Promise<string | null> {
  const byHand = `apt-get update && apt-get install -y ${names.join(' ')}`
  if (findCommand('apt-get') === null) {
    return `Install what provides it on this system (on Debian or Ubuntu: ${byHand}), then start again.`
  }
  if (process.getuid?.() !== 0) return `To install it run: sudo sh -c '${byHand}' — then start again.`
  say(`Installing system packages: ${names.join(', ')}…`)
  // RUNLEVEL=1 keeps installed packages from starting services.
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  // Another apt-get may hold the lock in a machine's first minutes.
  const wait = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2', '-q']
  const install = ['install', '-y', '--no-install-recommends', ...wait, ...names]
  const update = await run('apt-get', ['update', ...wait], { environment })
  const result = await run('apt-get', install, { environment, timeoutSeconds: 900 })
  if (result.status === 0) return null
  const output = update.status === 0 ? result.output : `${update.output}\n${result.output}`
  return `apt-get could not install ${names.join(', ')}:\n${lastLines(output)}\nInstall by hand (${byHand}), then start again.`
}

function command(executable: string, name: string, purpose: string): SystemPackage {
  return { name, purpose, isPresent: () => findCommand(executable) !== null }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function hasPostgresqlServer(): boolean {
  const root = '/usr/lib/postgresql'
  return existsSync(root) && readdirSync(root).some((version) => existsSync(join(root, version, 'bin/initdb')))
}

function hasLibrary(file: string): boolean {
  return ['/usr/lib', '/lib'].some(
    (root) =>
      existsSync(root) &&
      (existsSync(join(root, file)) || readdirSync(root).some((name) => existsSync(join(root, name, file)))),
  )
}
