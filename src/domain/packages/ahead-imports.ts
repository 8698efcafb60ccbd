/** Chooses the modules of an environment to import before the code that uses them. */

import type { CodeText } from '../modules/module-files.ts'

/** Modules that earlier loads in an environment reported, oldest first. */
export type LearnedSets = readonly (readonly string[])[]

/** Limits of one report. User code in the sandbox may have written it. */
const REPORT = { names: 2_000, length: 100 } as const
const MAX_SETS = 8
const MAX_MODULES = 32
const MAX_COMPILED = 500
/** A dotted name of Python, without `__main__`, which is a program. */
const MODULE = /^(?!.*\b__main__\b)[A-Za-z_]\w*(\.[A-Za-z_]\w*){0,9}$/
const IMPORT = /^import[ \t]+([^#\n;\\]+)/gm
const FROM = /^from[ \t]+([\w.]+)[ \t]+import\b[ \t]*([^#\n;\\]*)/gm
/** While it is imported, a package may read variables that the code has just set. */
const SETS_ENVIRONMENT = /\b(environ|putenv)\b/

export function readReport(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return value
    .slice(0, REPORT.names)
    .filter((name): name is string => typeof name === 'string' && name.length <= REPORT.length && MODULE.test(name))
}

/**
 * Returns the dotted names that code imports at the top level, in order. `from a import b` is `a` and perhaps `a.b`.
 * Returns none if the code sets environment variables, because an early import could then differ.
 */
export function importedNames({ source, files }: CodeText): readonly string[] {
  const texts = [source, ...Object.values(files)]
  if (texts.some((text) => SETS_ENVIRONMENT.test(text))) return []
  const own = new Set(Object.keys(files).map((path) => top(path.replace(/\.py$/, '').replaceAll('/', '.'))))
  const names = texts.flatMap(namesOf).filter((name) => MODULE.test(name) && !own.has(top(name)))
  return [...new Set(names)]
}

/** Returns the dotted names to compile first. Some may not be modules. */
export function namesToCompile({ source, files }: CodeText): readonly string[] {
  const names = [source, ...Object.values(files)].flatMap((text) => namesOf(text.replace(/^[ \t]+/gm, '')))
  return [...new Set(names.filter((name) => name.length <= REPORT.length && MODULE.test(name)))].slice(0, MAX_COMPILED)
}

/** Returns the installed modules that this code imports and a sandbox has reported. */
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

/**
 * Returns the largest set whose modules the code imports, all of them. A process never gets a package that its function
 * does not import.
 */
export function chooseSet(sets: LearnedSets, code: CodeText): readonly string[] {
  if (sets.length === 0) return []
  const names = new Set(importedNames(code))
  const fitting = sets.filter((set) => set.every((name) => names.has(name)))
  return fitting.reduce((best, set) => (set.length > best.length ? set : best), [])
}

export function addSet(sets: LearnedSets, set: readonly string[]): LearnedSets {
  const key = set.join()
  return [...sets.filter((other) => other.join() !== key), set].slice(-MAX_SETS)
}

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
