import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const TEMPLATES = resolve(import.meta.dirname, '../../.cache/postgres')
const MEMORY = '/dev/shm'
/** Three parallel servers take some 300 MB. */
const ENOUGH_BYTES = 1024 ** 3

/**
 * Tests use memory if there is room: initdb takes 0.5 s of processor time there and 1.5 s on a disk. Benchmarks measure
 * the disk.
 */
export function postgresFolder(isTest = process.env.NODE_TEST_CONTEXT !== undefined): string {
  return isTest && existsSync(MEMORY) && freeBytes(MEMORY) > ENOUGH_BYTES ? MEMORY : tmpdir()
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

type Make = {
  /** Is made. */
  readonly data: string
  readonly initdb: string
  readonly asUser: (command: readonly string[]) => readonly [string, readonly string[]]
}

/** Copies kept files, which takes a tenth of the time. */
export function makeData({ data, initdb, asUser }: Make): void {
  const template = join(TEMPLATES, templateName(initdb))
  if (existsSync(template)) {
    execFileSync('cp', ['-a', template, data])
    return
  }
  const options = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync']
  const [program, args] = asUser([initdb, '-D', data, ...options])
  execFileSync(program, args, { stdio: 'pipe', cwd: join(data, '..') })
  keep(data, template)
}

/** Another release, language or user of the machine needs other files. */
function templateName(initdb: string): string {
  const release = execFileSync(initdb, ['--version'], { encoding: 'utf8' })
  const languages = Object.entries(process.env).filter(([name]) => /^(LANG|LC_.*)$/.test(name))
  const made = JSON.stringify([release, languages.sort(), process.getuid?.()])
  return createHash('sha256').update(made).digest('hex').slice(0, 16)
}

/** Test files run in parallel. The first wins, and none sees a partial copy. */
function keep(data: string, template: string): void {
  mkdirSync(TEMPLATES, { recursive: true })
  const copy = mkdtempSync(join(TEMPLATES, '.new-'))
  try {
    execFileSync('cp', ['-a', data, join(copy, 'data')])
    renameSync(join(copy, 'data'), template)
  } catch (error) {
    if (!existsSync(template)) throw error
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
