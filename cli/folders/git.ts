/** Without a repository, the history is empty. */

import { execFileSync } from 'node:child_process'
import { basename } from 'node:path'
import type { FolderFiles } from '../../src/domain/folders/layout.ts'
import { withoutForeign, withoutTools } from './local.ts'

const MAX_COMMITS = 100
const MAX_OUTPUT = 64 * 1024 * 1024

export function* listCommits(folder: string): Generator<FolderFiles> {
  const commits = git(folder, 'log', `--max-count=${MAX_COMMITS}`, '--format=%H', '--', '.')
  for (const commit of (commits ?? '').split('\n').filter((line) => line !== '')) {
    const paths = (git(folder, 'ls-tree', '-r', '-z', '--name-only', commit, './') ?? '').split('\0')
    const files = withoutForeign(paths).map((path): [string, string] => [
      path,
      git(folder, 'show', `${commit}:./${path}`) ?? '',
    ])
    if (files.length > 0) yield withoutTools(new Map(files))
  }
}

export function listUncommitted(folder: string): readonly string[] | null {
  const status = git(folder, 'status', '--porcelain', '-z', '--untracked-files=all', '--', '.')
  return status === null ? null : status.split('\0').flatMap((line) => (line === '' ? [] : [line.slice(3)]))
}

function git(folder: string, ...args: readonly string[]): string | null {
  try {
    // Disables programs that a repository's configuration may run.
    const safe = ['-c', 'core.fsmonitor=false', '-c', 'core.quotePath=false']
    return execFileSync('git', [...safe, ...args], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: MAX_OUTPUT,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return null
  }
}

export const nameOf = (folder: string): string => basename(folder)
