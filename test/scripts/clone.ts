/** A stand-in for a fresh clone: the real scripts, with stubs for what they would start. */

import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

export type Clone = { readonly root: string; readonly bin: string; remove(): void }

/** A folder with the scripts of this project, a stub of the server, and a `bin` folder for stubs of programs. */
export function createClone(): Clone {
  const root = mkdtempSync(join(tmpdir(), 'workflows-clone-'))
  for (const path of ['scripts', 'package.json', 'package-lock.json']) {
    cpSync(join(ROOT, path), join(root, path), { recursive: true })
  }
  const bin = join(root, 'bin')
  mkdirSync(bin)
  mkdirSync(join(root, 'src/commands'), { recursive: true })
  writeFileSync(join(root, 'scripts/set-up.ts'), "console.log('set up')")
  writeFileSync(join(root, 'src/commands/main.ts'), 'console.log("served by", process.pid, "on", process.version)')
  return { root, bin, remove: () => rmSync(root, { recursive: true, force: true }) }
}

/** Writes a program of sh. */
export function writeProgram(path: string, script: string): void {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
}
