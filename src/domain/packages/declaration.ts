/** The TOML of a source's script block. */

import { parse, TomlDate, TomlError } from 'smol-toml'
import { reasonOf } from '../../errors.ts'
import { isObject } from '../json/is-object.ts'
import { PACKAGE_LIMITS } from './limits.ts'
import { PackagesError } from './packages-error.ts'
import { checkSpecifier, parseRequirement, type Requirement } from './requirement.ts'
import { findScriptBlock, type ScriptBlock } from './script-block.ts'

export type Declaration = {
  readonly dependencies: readonly Requirement[]
  readonly requiresPython: string | null
  readonly overrides: readonly Requirement[]
  readonly constraints: readonly Requirement[]
  /** Excludes later files of the index. */
  readonly excludeNewer: string | null
}

/** Parsing a megabyte took 0.2 s. */
const MAX_BLOCK = 256 * 1024
const FIELDS = ['dependencies', 'requires-python', 'tool']

/** Null: no script block. Throws a PackagesError with the source's line. */
export function readDeclaration(source: string): Declaration | null {
  const block = findScriptBlock(source)
  if (block === null) return null
  const table = parseToml(block)
  const reader = createReader(block)
  const unknown = Object.keys(table).find((key) => !FIELDS.includes(key))
  if (unknown !== undefined) {
    throw reader.problem(`Expected only ${FIELDS.join(', ')} in the block, found ${JSON.stringify(unknown)}`, unknown)
  }
  const uv = readUvTable(table, reader)
  const declaration = {
    dependencies: reader.requirements(table.dependencies, 'dependencies'),
    requiresPython: reader.requiresPython(table['requires-python']),
    overrides: reader.requirements(uv['override-dependencies'], 'override-dependencies'),
    constraints: reader.requirements(uv['constraint-dependencies'], 'constraint-dependencies'),
    excludeNewer: reader.excludeNewer(uv['exclude-newer']),
  }
  const count = declaration.dependencies.length + declaration.overrides.length + declaration.constraints.length
  if (count > PACKAGE_LIMITS.requirements) {
    throw reader.problem(tooMany(count), 'dependencies')
  }
  return declaration
}

/** Equivalent declarations have equal texts. */
export function declarationKey(
  { dependencies, requiresPython, overrides, constraints, excludeNewer }: Declaration,
  runtime: string,
): string {
  const sorted = (list: readonly Requirement[]) =>
    list
      .map(({ name, extras, specifier, marker }) =>
        [name, [...extras].sort().join(','), specifier.replaceAll(/\s+/g, ''), marker ?? ''].join('|'),
      )
      .sort()
  const python = requiresPython?.replaceAll(/\s+/g, '') ?? null
  return JSON.stringify([runtime, python, sorted(dependencies), sorted(overrides), sorted(constraints), excludeNewer])
}

function parseToml(block: ScriptBlock): Record<string, unknown> {
  if (block.content.length > MAX_BLOCK) {
    throw new PackagesError(
      `Expected at most ${MAX_BLOCK} characters in the block, found ${block.content.length}`,
      block.line,
    )
  }
  try {
    return parse(block.content)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [what = ''] = error.message.split('\n')
    throw new PackagesError(
      `The block \`# /// script\` is not valid TOML: ${what.replace(/^Invalid TOML document: /, '')}`,
      block.line + error.line,
    )
  }
}

function readUvTable(table: Record<string, unknown>, reader: Reader): Record<string, unknown> {
  const { tool = {} } = table
  if (!isObject(tool)) throw reader.problem('tool: expected tables such as [tool.uv]', 'tool')
  const { uv = {} } = tool
  if (!isObject(uv)) throw reader.problem('tool.uv: expected a table', 'uv')
  return uv
}

const tooMany = (count: number): string =>
  `Expected at most ${PACKAGE_LIMITS.requirements} requirements in the block, found ${count}`

type Reader = ReturnType<typeof createReader>

function createReader(block: ScriptBlock) {
  const lines = block.content.split('\n')
  const lineOf = (text: string): number => {
    const index = lines.findIndex((line) => line.includes(text))
    return index === -1 ? block.line : block.line + 1 + index
  }
  const problem = (detail: string, near: string): PackagesError => new PackagesError(detail, lineOf(near))
  return {
    problem,
    requirements(value: unknown, key: string): readonly Requirement[] {
      if (value === undefined) return []
      if (!Array.isArray(value)) throw problem(`${key}: expected an array of texts such as ["pandas>=2.2"]`, key)
      if (value.length > PACKAGE_LIMITS.requirements) throw problem(tooMany(value.length), key)
      return value.map((item: unknown): Requirement => {
        if (typeof item !== 'string') {
          throw problem(`${key}: expected texts such as "pandas>=2.2", found ${JSON.stringify(item)}`, key)
        }
        try {
          return parseRequirement(item)
        } catch (error) {
          const near = JSON.stringify(item).slice(1, -1)
          const detail = `${key}: ${reasonOf(error)}`
          throw new PackagesError(detail, lineOf(lines.some((line) => line.includes(near)) ? near : key))
        }
      })
    },
    requiresPython(value: unknown): string | null {
      if (value === undefined) return null
      const key = 'requires-python'
      if (typeof value !== 'string' || value.trim() === '') {
        throw problem(`${key}: expected a text such as ">=3.10"`, key)
      }
      try {
        checkSpecifier(value.trim())
      } catch (error) {
        throw problem(`${key}: ${reasonOf(error)}`, key)
      }
      return value.trim()
    },
    excludeNewer(value: unknown): string | null {
      if (value === undefined) return null
      if (value instanceof TomlDate) return value.toISOString()
      if (typeof value === 'string' && /^[0-9A-Za-z:.+\- ]{1,64}$/.test(value)) return value
      throw problem('exclude-newer: expected a date such as "2026-01-31"', 'exclude-newer')
    },
  }
}
