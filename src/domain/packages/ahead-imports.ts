/** Which modules of an environment are imported ahead of code that imports them at its top. */

import type { CodeText } from '../modules/module-files.ts'

/** What loads in one environment have taught: sets of modules, the newest last. */
export type LearnedSets = readonly (readonly string[])[]

/** Of one report of a sandbox, which user code may have written. */
const REPORT = { names: 2_000, length: 100 } as const
const MAX_SETS = 8
const MAX_MODULES = 32
const MAX_COMPILED = 500
/** A dotted name of Python; `__main__` is a program. */
const MODULE = /^(?!.*\b__main__\b)[A-Za-z_]\w*(\.[A-Za-z_]\w*){0,9}$/
const IMPORT = /^import[ \t]+([^#\n;\\]+)/gm
const FROM = /^from[ \t]+([\w.]+)[ \t]+import\b[ \t]*([^#\n;\\]*)/gm
/** What a package reads of the environment while it is imported may be what the code has just put there. */
const SETS_ENVIRONMENT = /\b(environ|putenv)\b/

/** The names in a report that can be modules. */
export function readReport(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return value
    .slice(0, REPORT.names)
    .filter((name): name is string => typeof name === 'string' && name.length <= REPORT.length && MODULE.test(name))
}

/**
 * The dotted names that code imports at the top level of its files, in order. `from a import b` is `a` and perhaps the module `a.b`.
 * Empty where an import ahead could differ: the code sets environment variables.
 */
export function importedNames({ source, files }: CodeText): readonly string[] {
  const texts = [source, ...Object.values(files)]
  if (texts.some((text) => SETS_ENVIRONMENT.test(text))) return []
  const own = new Set(Object.keys(files).map((path) => top(path.replace(/\.py$/, '').replaceAll('/', '.'))))
  const names = texts.flatMap(namesOf).filter((name) => MODULE.test(name) && !own.has(top(name)))
  return [...new Set(names)]
}

/** The dotted names that code imports anywhere, bounded: what is compiled before the rest of its packages. Some may be no modules. */
export function namesToCompile({ source, files }: CodeText): readonly string[] {
  const names = [source, ...Object.values(files)].flatMap((text) => namesOf(text.replace(/^[ \t]+/gm, '')))
  return [...new Set(names.filter((name) => name.length <= REPORT.length && MODULE.test(name)))].slice(0, MAX_COMPILED)
}

/** The modules that this code imports itself and a sandbox has reported, of packages that `installed` has; bounded. */
export function modulesToLearn(
  code: CodeText,
  reported: readonly string[],
  installed: (top: string) => boolean,
): readonly string[] {
  const known = new Set(reported)
  return importedNames(code)
    .filter((name) => known.has(name) && installed(top(name)))
    .slice(0, MAX_MODULES)
}

/** The largest set that is part of what the code imports, so that no function has a package in its process that it does not import. */
export function chooseSet(sets: LearnedSets, code: CodeText): readonly string[] {
  if (sets.length === 0) return []
  const names = new Set(importedNames(code))
  const fitting = sets.filter((set) => set.every((name) => names.has(name)))
  return fitting.reduce((best, set) => (set.length > best.length ? set : best), [])
}

/** Adds a set as the newest; the oldest goes. */
export function addSet(sets: LearnedSets, set: readonly string[]): LearnedSets {
  const key = set.join()
  return [...sets.filter((other) => other.join() !== key), set].slice(-MAX_SETS)
}

/** Reads sets that were stored. */
export function readSets(value: unknown): LearnedSets {
  if (!Array.isArray(value)) return []
  return value
    .slice(-MAX_SETS)
    .map((set) => readReport(set).slice(0, MAX_MODULES))
    .filter((set) => set.length > 0)
}

const top = (name: string): string => name.split('.', 1)[0] ?? name

function namesOf(text: string): string[] {
  const plain = [...text.matchAll(IMPORT)].flatMap(([, list = '']) => list.split(',').map(firstWord))
  const from = [...text.matchAll(FROM)].flatMap(([, base = '', list = '']) => [
    base,
    ...list
      .replace(/[()]/g, ' ')
      .split(',')
      .map(firstWord)
      .map((name) => `${base}.${name}`),
  ])
  return [...plain, ...from]
}

const firstWord = (text: string): string => text.trim().split(/\s/, 1)[0] ?? ''
