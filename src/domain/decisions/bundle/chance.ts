/** Finds what may differ between two runs: the time, chance, and the order of Python's sets. */

import type { CodeText } from '../../modules/module-files.ts'
import { languageOf } from '../../shared/language.ts'
import { CODE, sourceName } from './bundle.ts'

const MAX_NOTES = 20

type Rule = { readonly pattern: RegExp; readonly why: string }

const CHANCE = 'the time or chance'
const PYTHON: readonly Rule[] = [
  {
    pattern:
      /\b\w+\.(?:now|utcnow|today)\b|\btime\.(?:(?:time|monotonic|perf_counter|process_time)(?:_ns)?|localtime|gmtime|strftime|ctime|asctime)\b|\b(?:from time import|import time as|random|secrets|uuid[14]?|urandom)\b/g,
    why: CHANCE,
  },
  // Python randomizes hashes of texts per process, and sets follow them.
  { pattern: /(?<![.\w])(?:set|frozenset|hash)(?=\()/g, why: 'the order of a set' },
  {
    pattern: /\{\s*(?:"[^"\n]*"|'[^'\n]*'|[\w.]+)\s*,|\{\s*(?:[\w.]|\([^(){}]*\)|\[[^[\]{}]*\])+ for\b/g,
    why: 'the order of a set',
  },
]
const SCRIPT: readonly Rule[] = [
  {
    pattern: /\b(?:Date|Temporal|performance|hrtime|Math\.random|random(?:UUID|Bytes|Int)|getRandomValues)\b/g,
    why: CHANCE,
  },
]

export function findChance({ source, files }: CodeText, runtime: string): readonly string[] {
  const rules = languageOf(runtime) === 'python' ? PYTHON : SCRIPT
  const texts = [
    [sourceName(runtime), source],
    ...Object.entries(files).map(([path, text]) => [`${CODE}${path}`, text]),
  ]
  const found = texts.flatMap(([path = '', text = '']) => inText(path, text, rules))
  const more = found.length - MAX_NOTES
  return more <= 0 ? found : [...found.slice(0, MAX_NOTES), `${more} more lines may change the outcome.`]
}

function inText(path: string, text: string, rules: readonly Rule[]): readonly string[] {
  const notes = new Map<number, string>()
  for (const { pattern, why } of rules) {
    let [line, read] = [1, 0]
    for (const { 0: what, index } of text.matchAll(pattern)) {
      line += text.slice(read, index).split('\n').length - 1
      read = index
      const shown = what.split('\n')[0]?.trim() ?? ''
      if (!notes.has(line)) notes.set(line, `${path}:${line} has ${shown}: ${why} may change the outcome.`)
    }
  }
  return [...notes].toSorted(([one], [other]) => one - other).map(([, note]) => note)
}
