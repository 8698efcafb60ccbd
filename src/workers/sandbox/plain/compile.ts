import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { openToAll } from '../machine/folders.ts'
import type { Interpreter } from '../machine/interpreters.ts'

/** A copied source has another time. Python 3.6 has no other mark. */
const COMPILE = `import py_compile, sys
mode = getattr(py_compile, 'PycInvalidationMode', None)
options = {'invalidation_mode': mode.UNCHECKED_HASH} if mode else {}
for path in sys.argv[1:]: py_compile.compile(path, doraise=True, **options)`
/** 0.5 MB for each Python and version of the sources. */
const MAX_KEPT = 20
const run = promisify(execFile)
const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex')

/** Compiled files save about a third of a worker's start. A compilation takes 0.08 s of processor time. */
export class RuntimeCompiler {
  readonly #folder: string
  readonly #keptDir: string
  readonly #compiled = new Map<string, Promise<void>>()

  constructor(folder: string, keptDir: string) {
    this.#folder = folder
    this.#keptDir = keptDir
  }

  compile(interpreter: Interpreter): Promise<void> {
    const known = this.#compiled.get(interpreter.executable)
    if (known !== undefined) return known
    const compiling = this.#compile(interpreter)
      .then(() => openToAll(this.#folder))
      // Another Python may replace files during the compilation.
      .catch(() => {})
    this.#compiled.set(interpreter.executable, compiling)
    return compiling
  }

  async #compile({ executable, version }: Interpreter): Promise<void> {
    const names = listFiles(this.#folder, '.py')
    const sources = names.map((name) => [name, readFileSync(join(this.#folder, name), 'utf8')])
    const kept = join(this.#keptDir, sha256(JSON.stringify([COMPILE, executable, version, sources])))
    const files = readKept(kept)
    if (files !== null) return writeFiles(this.#folder, files)
    const paths = names.map((name) => join(this.#folder, name))
    await run(executable, ['-I', '-S', '-c', COMPILE, ...paths], { env: {} })
    const [major, minor = 0] = version.split('.').map(Number)
    const compiled = listFiles(this.#folder, `.cpython-${major}${minor}.pyc`)
    if (minor < 7 || compiled.length !== names.length) return
    const read = (name: string): string => readFileSync(join(this.#folder, name), 'base64')
    keep(kept, Object.fromEntries(compiled.map((name) => [name, read(name)])))
  }
}

const listFiles = (folder: string, ending: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()

/** The contents are in base64. */
function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const below of new Set(Object.keys(files).map(dirname))) mkdirSync(join(folder, below), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, 'base64')
}

/** Python would run a damaged file. */
function readKept(path: string): Readonly<Record<string, string>> | null {
  try {
    const [digest, text = ''] = readFileSync(path, 'utf8').split('\n')
    return digest === sha256(text) ? JSON.parse(text) : null
  } catch {
    return null
  }
}

/** The folder may be read-only. */
function keep(path: string, files: Readonly<Record<string, string>>): void {
  const text = JSON.stringify(files)
  const scratch = `${path}.${randomUUID()}`
  const folder = dirname(path)
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(scratch, `${sha256(text)}\n${text}`)
    renameSync(scratch, path)
    const age = (name: string): number => statSync(join(folder, name)).mtimeMs
    const old = readdirSync(folder).sort((one, other) => age(other) - age(one))
    for (const name of old.slice(MAX_KEPT)) rmSync(join(folder, name))
  } catch {
    rmSync(scratch, { force: true })
  }
}
