import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const SHORT = 12

export const VERSION = readVersion()
export const COMMIT = readCommit(ROOT)

function readVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : '0.0.0'
}

/** Reads the file of the image build, or the clone, without Git. */
export function readCommit(root: string): string | null {
  const text = readText(join(root, '.commit')) ?? readHead(join(root, '.git'))
  return text !== null && /^[0-9a-f]{40}$/.test(text) ? text.slice(0, SHORT) : null
}

function readHead(git: string): string | null {
  const folder = statSync(git, { throwIfNoEntry: false })?.isFile()
    ? resolve(git, '..', (readText(git) ?? '').replace(/^gitdir: /, ''))
    : git
  const head = readText(join(folder, 'HEAD'))
  if (head === null || !head.startsWith('ref: ')) return head
  const name = head.slice('ref: '.length)
  // A separate work tree shares the clone's branches.
  const common = resolve(folder, readText(join(folder, 'commondir')) ?? '.')
  const packed = readText(join(common, 'packed-refs')) ?? ''
  return (
    readText(join(folder, name)) ??
    readText(join(common, name)) ??
    packed
      .split('\n')
      .find((line) => line.endsWith(` ${name}`))
      ?.split(' ')[0] ??
    null
  )
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim() || null
  } catch {
    return null
  }
}
