/** Reads the corpus of personal data, and what the rules find in it. */

import { readFileSync } from 'node:fs'
import { redactBody } from '../../../../src/domain/privacy/body.ts'
import { newBudget } from '../../../../src/domain/privacy/detectors/detect.ts'
import type { Detector } from '../../../../src/domain/privacy/detectors/detector.ts'
import { redactText } from '../../../../src/domain/privacy/text.ts'

export const DETECTORS = ['email', 'phone', 'iban', 'national_id', 'birth_date'] as const

type Text = { readonly title: string; readonly text: string; readonly marks: readonly Mark[] }
type Mark = { readonly detector: Detector; readonly value: string }

const CORPUS = new URL('../../../vectors/personal-data.txt', import.meta.url)
const MARK = /\[\[([a-z_]+):(.*?)\]\](?!\])/g
const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  letter: 'text/plain',
  cv: 'text/plain',
}

/** Texts start with a line `=== kind, what`; `[[phone:06 12 34 56 78]]` marks what a detector has to find. */
export function readCorpus(): readonly Text[] {
  return readFileSync(CORPUS, 'utf8')
    .split(/^=== /m)
    .slice(1)
    .map((part) => {
      const [title = '', ...lines] = part.split('\n')
      const marked = lines.join('\n')
      const marks = [...marked.matchAll(MARK)].map(([, detector, value = '']) => ({
        detector: detector as Detector,
        value,
      }))
      return { title, text: marked.replace(MARK, '$2'), marks }
    })
}

export type Measure = { readonly detector: Detector; readonly marks: number; missed: string[]; wrong: string[] }

/** What one detector misses in the corpus, and what it finds without a mark. A part of a mark is both. */
export function measure(detector: Detector, corpus: readonly Text[]): Measure {
  const marks = corpus.flatMap((text) => text.marks.filter((mark) => mark.detector === detector))
  const missed: string[] = []
  const wrong: string[] = []
  for (const text of corpus) {
    const found = find(detector, text)
    for (const { value } of text.marks.filter((mark) => mark.detector === detector)) {
      const at = found.indexOf(value)
      if (at < 0) missed.push(value)
      else found.splice(at, 1)
    }
    wrong.push(...found)
  }
  return { detector, marks: marks.length, missed, wrong }
}

/** Bodies are redacted by their content type, and logs line by line, as the server does it. */
function find(detector: Detector, { title, text }: Text): string[] {
  const found: string[] = []
  const rules = {
    detectors: [{ detector, method: 'hash' as const }],
    values: [],
    hash: (value: string) => {
      found.push(value)
      return '***'
    },
    budget: newBudget(2026),
  }
  const type = TYPES[title.split(',', 1)[0] ?? '']
  if (type !== undefined) redactBody(Buffer.from(text.trimEnd()), type, { paths: [], text: rules })
  else for (const line of text.split('\n')) redactText(line, rules)
  return found
}

/** The table of the guide. */
export function table(measures: readonly Measure[]): string {
  const rows = measures.map(({ detector, marks, missed, wrong }) => {
    const found = marks - missed.length
    return `| \`${detector}\` | ${marks} | ${found} | ${wrong.length} |`
  })
  return ['| detector | marked | found | found without a mark |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
