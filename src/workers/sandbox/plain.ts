/** How a Python is started without namespaces: the template in the tiers `landlock` and `none`, and a zygote in `landlock`. */

import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { type LaunchPlan, PYTHON_FLAGS } from './bwrap/commands.ts'
import { functionEnvironment } from './bwrap/options.ts'
import type { SandboxFiles } from './files.ts'
import { isOpen, isRoot, type Start, startUncovered, type User } from './reach.ts'

type PlainStart = {
  readonly start: Start
  /** The folder of the packages; null without any. */
  readonly packages: string | null
  /** What the Python has to read, besides the system. */
  readonly readable: readonly string[]
}

/** Returns the start of a plan's Python as this user, which can read what the plan needs. */
export function startPlainly(
  files: SandboxFiles,
  { interpreter, environment, node }: LaunchPlan,
  user: User,
): PlainStart {
  const { executable, prefix } = interpreter
  const packages = environment.sitePackages === null ? null : realpathSync(environment.sitePackages)
  const needed = [prefix, ...[packages, node?.prefix].filter((path) => typeof path === 'string')]
  // Never uid 0: if the other user cannot be shown what the run needs, the worker does not start.
  const closed = isRoot() && ![executable, ...needed].every(isOpen) ? needed.filter((path) => !isOpen(path)) : []
  const stage = (index: number) => files.commands.stage(`plain-${index}`)
  const start = startUncovered(closed, stage, [executable, ...PYTHON_FLAGS], user)
  return { start, packages, readable: [files.runtimes, ...needed] }
}

/** Returns the environment variables of a function whose folder is `home`. */
export const plainEnvironment = (
  home: string,
  { interpreter }: LaunchPlan,
  packages: string | null,
  hasEgress: boolean,
): Record<string, string> => ({
  ...functionEnvironment(home, packages, dirname(interpreter.executable)),
  // The host's name servers, over TCP, which the egress broker supports.
  ...(hasEgress ? { RES_OPTIONS: 'use-vc' } : {}),
})
