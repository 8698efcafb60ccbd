import type { CodeText } from '../modules/module-files.ts'

const MAX_NAMES = 100
const MAX_LENGTH = 100
/** A dotted name. `__main__` is a program. */
const MODULE = /^(?!.*\b__main__\b)[A-Za-z_]\w*(\.[A-Za-z_]\w*){0,9}$/
const IMPORT = /^import[ \t]+([^#\n;\\]+)/gm
const FROM = /^from[ \t]+([\w.]+)[ \t]+import\b[ \t]*([^#\n;\\]*)/gm
/** A package may read at import the variables that the code sets. */
const SETS_ENVIRONMENT = /\b(environ|putenv)\b/

/**
 * `from a import b` is `a` and perhaps `a.b`. None if the code sets environment variables: an early import could
 * differ.
 */
export function importedNames({ source, files }: CodeText): readonly string[] {
  const texts = [source, ...Object.values(files)]
  if (texts.some((text) => SETS_ENVIRONMENT.test(text))) return []
  const own = new Set(Object.keys(files).map((path) => top(path.replace(/\.py$/, '').replaceAll('/', '.'))))
  const names = texts.flatMap(namesOf).filter((name) => isModule(name) && !own.has(top(name)))
  return [...new Set(names)].slice(0, MAX_NAMES)
}

const isModule = (name: string): boolean => name.length <= MAX_LENGTH && MODULE.test(name)

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
