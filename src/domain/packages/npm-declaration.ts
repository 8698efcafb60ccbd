import { parse } from 'es-module-lexer/js'
import { reasonOf } from '../../errors.ts'
import type { CodeText } from '../modules/module-files.ts'
import { PACKAGE_LIMITS } from './limits.ts'
import { type NpmRequirement, parseSpecifier } from './npm-specifier.ts'
import { PackagesError } from './packages-error.ts'

export type NpmDeclaration = { readonly requirements: readonly NpmRequirement[] }

type Found = { readonly specifier: string; readonly path: string | null; readonly line: number }

const isScript = (path: string): boolean => /\.(ts|mts|js|mjs)$/.test(path)

/** Null: no imported packages. Throws a PackagesError with a line of the source. */
export function readNpmDeclaration({ source, files }: CodeText): NpmDeclaration | null {
  const modules: (readonly [string | null, string])[] = [
    [null, source],
    ...Object.entries(files).filter(([path]) => isScript(path)),
  ]
  const ranges = new Map<string, { readonly range: string; readonly at: Found }>()
  for (const found of modules.flatMap(([path, text]) => findSpecifiers(path, text))) {
    const { name, range } = readOne(found)
    const known = ranges.get(name)
    if (known !== undefined && known.range !== range) throw twice(name, known, range, found)
    if (known === undefined) ranges.set(name, { range, at: found })
  }
  if (ranges.size > PACKAGE_LIMITS.requirements) {
    throw new PackagesError(
      `Expected at most ${PACKAGE_LIMITS.requirements} packages in the imports, found ${ranges.size}`,
      null,
    )
  }
  if (ranges.size === 0) return null
  return { requirements: [...ranges].map(([name, { range }]) => ({ name, range })) }
}

export const npmDeclarationKey = ({ requirements }: NpmDeclaration, runtime: string): string =>
  JSON.stringify([runtime, requirements.map(({ name, range }) => `${name}@${range}`).sort()])

/** Loading reports the error of code that does not parse. */
function findSpecifiers(path: string | null, text: string): readonly Found[] {
  if (!text.includes('npm:')) return []
  try {
    const [imports] = parse(text)
    // Counting lines from the start took 1.7 s for 10,000 imports.
    let [line, counted] = [1, 0]
    return imports.flatMap(({ specifier, start }) => {
      if (!specifier?.startsWith('npm:')) return []
      line += text.slice(counted, start).split(/\r\n|\r|\n/).length - 1
      counted = start
      return [{ specifier, path, line }]
    })
  } catch {
    return []
  }
}

function readOne(found: Found): NpmRequirement {
  try {
    return parseSpecifier(found.specifier)
  } catch (error) {
    const what = reasonOf(error)
    throw new PackagesError(found.path === null ? capital(what) : `${placeOf(found)}: ${what}`, lineOf(found))
  }
}

function twice(
  name: string,
  known: { readonly range: string; readonly at: Found },
  range: string,
  found: Found,
): PackagesError {
  return new PackagesError(
    `Expected one version of ${name}, found npm:${name}@${known.range} in ${placeOf(known.at)} and npm:${name}@${range} in ` +
      `${placeOf(found)}. Write the same in both`,
    lineOf(found),
  )
}

const placeOf = ({ path, line }: Found): string => (path === null ? `line ${line}` : `line ${line} of ${path}`)
const lineOf = ({ path, line }: Found): number | null => (path === null ? line : null)
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
