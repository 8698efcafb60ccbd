/** Finds by their names what depends on the time or on chance, so that a replay may differ. */

import type { CodeText } from '../../modules/module-files.ts'
import { languageOf } from '../../shared/language.ts'
import { CODE, sourceName } from './bundle.ts'

const MAX_NOTES = 20

const PYTHON =
  /\b(?:(?:datetime|date)\.(?:now|utcnow|today)|time\.(?:time|time_ns|monotonic|perf_counter|localtime|gmtime)|from time import|random|secrets|uuid[14]?|urandom)\b/
const SCRIPT = /\b(?:Date|Temporal|performance|hrtime|Math\.random|random(?:UUID|Bytes|Int)|getRandomValues)\b/

export function findChance({ source, files }: CodeText, runtime: string): readonly string[] {
  const pattern = languageOf(runtime) === 'python' ? PYTHON : SCRIPT
  const texts = [
    [sourceName(runtime), source],
    ...Object.entries(files).map(([path, text]) => [`${CODE}${path}`, text]),
  ]
  const found = texts.flatMap(([path = '', text = '']) =>
    text.split('\n').flatMap((line, index) => {
      const [what] = pattern.exec(line) ?? []
      return what === undefined ? [] : [`${path}:${index + 1} has ${what}: the time or chance may change the outcome.`]
    }),
  )
  const more = found.length - MAX_NOTES
  return more <= 0 ? found : [...found.slice(0, MAX_NOTES), `${more} more lines have the time or chance.`]
}
