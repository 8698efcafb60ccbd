import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatNpmLock, manifestFor, manifestOf, parseNpmLock } from '../../domain/packages/npm-lock.ts'
import type { NpmRequirement } from '../../domain/packages/npm-specifier.ts'
import { reasonOf } from '../../errors.ts'
import { nodeInside } from '../sandbox/bwrap/options.ts'
import type { Interpreter } from '../sandbox/machine/interpreters.ts'
import { BuildError } from './build-error.ts'
import { INSIDE } from './build-sandbox.ts'
import { describeNpmFailure } from './npm-failure.ts'
import { assertCount, type Place, readTool, runTool } from './run-tool.ts'

export type NpmWanted = { readonly requirements: readonly NpmRequirement[] }

/** The gateway's npm registry (src/http/index-gateway). */
const GATEWAY = 'http://127.0.0.1:4402/'
const OPTIONS = [
  ...['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--no-progress', '--color=false'],
  ...[
    '--userconfig=/tmp/no-user',
    '--globalconfig=/tmp/no-global',
    '--logs-max=0',
    '--loglevel=http',
    '--no-bin-links',
  ],
  ...[
    '--omit-lockfile-registry-resolved',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=500',
    `--registry=${GATEWAY}npm/`,
  ],
]

export async function resolveNpm(place: Place, { requirements }: NpmWanted, node: Interpreter): Promise<string> {
  const { path, inside } = place.workspace
  writeFileSync(join(path, 'package.json'), manifestFor(requirements))
  const print = join(INSIDE.work, inside, 'package-lock.json')
  const command = npm(node, inside, ['install', '--package-lock-only'])
  const text = await explained(requirements, readTool(place, { command, print }))
  try {
    const lock = formatNpmLock(text, (address) => address.startsWith(GATEWAY))
    assertCount(parseNpmLock(lock).length)
    return lock
  } catch (error) {
    if (error instanceof BuildError) throw error
    throw new BuildError(`The packages cannot be locked: ${reasonOf(error)}`)
  }
}

export async function installNpm(place: Place, lock: string, node: Interpreter): Promise<void> {
  const { path, inside } = place.workspace
  writeFileSync(join(path, 'package.json'), manifestOf(lock))
  writeFileSync(join(path, 'package-lock.json'), lock)
  const folder = join(INSIDE.work, inside)
  const move = [join(folder, 'node_modules'), join(folder, 'site-packages/node_modules')] as const
  await explained([], runTool(place, { command: npm(node, inside, ['ci']), move }))
}

async function explained<T>(requirements: readonly NpmRequirement[], work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof BuildError) || error.isLimit) throw error
    throw new BuildError(describeNpmFailure(error.message, requirements, GATEWAY))
  }
}

function npm(node: Interpreter, inside: string, words: readonly string[]): readonly string[] {
  return [
    ...[nodeInside(node), join(INSIDE.npm, 'bin/npm-cli.js'), ...words],
    ...[`--prefix=${join(INSIDE.work, inside)}`, `--cache=${join(INSIDE.work, 'cache/npm')}`, ...OPTIONS],
  ]
}
