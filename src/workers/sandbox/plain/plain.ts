import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { type LaunchPlan, PYTHON_FLAGS, stage } from '../bwrap/commands.ts'
import { functionEnvironment } from '../bwrap/options.ts'
import { type Start, startUncovered, type User } from '../machine/reach.ts'
import type { SandboxFiles } from './files.ts'

type PlainStart = {
  readonly start: Start
  readonly packages: string | null
  readonly readable: readonly string[]
}

export function startPlainly(
  files: SandboxFiles,
  { interpreter, environment, node }: LaunchPlan,
  user: User,
): PlainStart {
  const { executable, prefix } = interpreter
  const packages = environment.sitePackages === null ? null : realpathSync(environment.sitePackages)
  const needed = [prefix, ...[packages, node?.prefix].filter((path) => typeof path === 'string')]
  const place = (index: number) => stage(files.folder, `plain-${index}`)
  const start = startUncovered(needed, place, [executable, ...PYTHON_FLAGS], user)
  return { start, packages, readable: [files.runtimes, ...needed] }
}

export const plainEnvironment = (
  home: string,
  { interpreter }: LaunchPlan,
  packages: string | null,
  hasEgress: boolean,
): Record<string, string> => ({
  ...functionEnvironment(home, packages, dirname(interpreter.executable)),
  ...(hasEgress ? { RES_OPTIONS: 'use-vc' } : {}),
})
