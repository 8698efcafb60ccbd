/** `.cache/uv/uv` and `.cache/ty/ty`, from wheels with pinned hashes. */

import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findDefaultInterpreter } from './interpreters.ts'
import { withLock } from './lock.ts'
import { installPackages } from './pip.ts'
import { say } from './process.ts'

/** `without`: what fails without the program. */
type Program = { readonly name: 'uv' | 'ty'; readonly purpose: string; readonly without: string }

const UV: Program = {
  name: 'uv',
  purpose: 'for the packages of workflows',
  without: 'workflows that declare packages cannot be deployed',
}
const TY: Program = {
  name: 'ty',
  purpose: 'which completes and explains code in the editor',
  without: 'the editor completes less',
}

export const ensureUv = (root: string): Promise<void> => ensureProgram(root, UV)

export const ensureTy = (root: string): Promise<void> => ensureProgram(root, TY)

/** Only prints a note without a package index. */
async function ensureProgram(root: string, program: Program): Promise<void> {
  const { name, without } = program
  const folder = join(root, '.cache', name)
  const file = join(root, 'scripts/requirements', name, 'base.txt')
  const wanted = await readFile(file, 'utf8')
  const isDone = async () =>
    existsSync(join(folder, name)) && (await readFile(join(folder, 'from'), 'utf8').catch(() => '')) === wanted
  if (await isDone()) return
  await mkdir(folder, { recursive: true })
  const problem = await withLock(join(folder, '.lock'), async () =>
    (await isDone()) ? null : install(program, folder, file),
  )
  if (problem !== null) say(`${name} is missing, so ${without}: ${problem}`)
}

async function install({ name, purpose }: Program, folder: string, file: string): Promise<string | null> {
  const interpreter = await findDefaultInterpreter()
  if (interpreter === null) return 'it is installed by Python, and there is none.'
  say(`Installing ${name}, ${purpose}…`)
  const scratch = join(folder, '.building')
  const target = join(scratch, 'target')
  try {
    await rm(scratch, { recursive: true, force: true })
    await mkdir(target, { recursive: true })
    const text = await readFile(file, 'utf8')
    const problem = await installPackages({
      interpreter,
      requirements: { file, text },
      target,
      scratch,
    })
    if (problem !== null) return problem
    await chmod(join(target, 'bin', name), 0o755)
    // An interruption here repeats both steps.
    await rename(join(target, 'bin', name), join(folder, name))
    await writeFile(join(folder, 'from'), text)
    return null
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
