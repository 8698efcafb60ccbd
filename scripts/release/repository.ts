/** In a clone, so a failed release changes nothing. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Plan } from './plan.ts'

export type Scratch = {
  readonly folder: string
  git(...args: readonly string[]): Buffer
  remove(): void
}
export type Repository = {
  /** Seconds since 1970. */
  readonly committedAt: number
  assertReleasable(tag: string): void
  commitElsewhere(plan: Plan): Scratch
  take(scratch: Scratch, plan: Plan): void
}

const MAX_BYTES = 256 * 1024 * 1024
const WHO = { name: 'Workflows', email: 'release@workflows.invalid' }

export function openRepository(root: string): Repository {
  const git = gitIn(root)
  const read = (...args: readonly string[]) => git(args).toString().trim()
  return {
    committedAt: Number(read('log', '-1', '--format=%ct')),
    assertReleasable(tag) {
      const changes = read('status', '--porcelain')
      if (changes !== '') throw new Error(`The tree has changes that are not committed:\n${changes}`)
      const branch = read('rev-parse', '--abbrev-ref', 'HEAD')
      if (branch !== 'main') throw new Error(`A release is made of the branch main, not of ${branch}.`)
      if (read('tag', '--list', tag) !== '') throw new Error(`The tag ${tag} exists. Releases never change.`)
    },
    commitElsewhere: (plan) => cloneAndCommit(root, plan),
    take(scratch, { tag, version }) {
      git(['fetch', '--quiet', scratch.folder, 'HEAD'])
      git(['merge', '--quiet', '--ff-only', 'FETCH_HEAD'])
      git(['tag', '--annotate', '--message', `Workflows ${version}`, tag])
    },
  }
}

/** A fixed author and time keep the commit's hash. */
function cloneAndCommit(root: string, plan: Plan): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-release-'))
  const date = `${plan.at} +0000`
  const git = gitIn(folder, {
    GIT_AUTHOR_NAME: WHO.name,
    GIT_AUTHOR_EMAIL: WHO.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: WHO.name,
    GIT_COMMITTER_EMAIL: WHO.email,
    GIT_COMMITTER_DATE: date,
  })
  try {
    git(['clone', '--quiet', root, '.'])
    for (const [path, text] of plan.files) writeFileSync(join(folder, path), text)
    git(['commit', '--quiet', '--all', '--no-verify', '--message', `release: ${plan.version}`])
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
  return { folder, git: (...args) => git(args), remove: () => rmSync(folder, { recursive: true }) }
}

function gitIn(folder: string, environment: Readonly<Record<string, string>> = {}) {
  return (args: readonly string[]): Buffer =>
    execFileSync('git', ['-c', 'commit.gpgSign=false', ...args], {
      cwd: folder,
      env: { ...process.env, ...environment },
      maxBuffer: MAX_BYTES,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
}
