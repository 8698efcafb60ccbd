import { partsOf } from '../json/pointer.ts'
import type { PersonLanguage } from '../shared/person-language.ts'
import type { FieldChange, OutcomeChange } from './explain/change.ts'
import { LETTER_WORDS, type LetterWords } from './letter-words.ts'

export type LetterFacts = {
  readonly outcome: string
  readonly at: number
  readonly reasons: readonly string[]
  /** Null: no person took part. */
  readonly proposed: string | null
  readonly model: { readonly name: string; readonly version: string } | null
  /** JSON Pointers of the decision's data. */
  readonly inputs: readonly string[]
  readonly changes: readonly OutcomeChange[]
  /** Changed requests. */
  readonly tried: number
  /** The responsible person. */
  readonly sender: string | null
}

const MAX_REASONS = 5
const MAX_CHANGES = 4
const MAX_INPUTS = 8
const MAX_REASON = 140
const MAX_TEXT = 40
/** Identifies none of so many requests. */
const COMMON_VALUE = 5

/** Has at most 4,000 characters, a page of A4. */
export function explanationLetter(facts: LetterFacts, language: PersonLanguage): string {
  const words = LETTER_WORDS[language]
  const { outcome, reasons, inputs } = facts
  const paragraphs = [
    words.greeting,
    words.opening(dateOf(facts.at, language), shorten(outcome)),
    facts.proposed === null ? words.automatic : words.byPerson(shorten(facts.proposed)),
    facts.model === null ? null : words.model(shorten(facts.model.name), shorten(facts.model.version)),
    [words.reasons, ...reasons.slice(0, MAX_REASONS).map((reason) => `- ${shorten(reason, MAX_REASON)}`)].join('\n'),
    inputs.length === 0 ? null : words.data(inputs.slice(0, MAX_INPUTS).map(labelOf).join(', ')),
    changesOf(facts, words, language),
    words.rights,
    [words.closing, facts.sender].filter((line) => line !== null).join('\n'),
  ]
  return `${paragraphs.filter((one) => one !== null).join('\n\n')}\n`
}

function changesOf({ changes, tried, proposed }: LetterFacts, words: LetterWords, language: PersonLanguage): string {
  if (changes.length === 0) return words.noChange(tried)
  const lines = changes.slice(0, MAX_CHANGES).map(({ fields, outcome }) => {
    const texts = fields.map((field) => changeText(field, words, language))
    return `- ${words.change(texts.join(words.and), shorten(outcome), proposed !== null)}`
  })
  return [words.changes(proposed !== null), ...lines, words.changesNote].join('\n')
}

function changeText(change: FieldChange, words: LetterWords, language: PersonLanguage): string {
  const label = labelOf(change.path)
  const old = valueText(change.old, words, language)
  const { origin } = change
  if (origin.from === 'other' && origin.count < COMMON_VALUE)
    return old === words.nothing ? words.value(label, old, words.something) : words.otherValue(label, old)
  if (Array.isArray(change.old) && Array.isArray(change.new)) return listText(label, change.old, change.new, words)
  return words.value(label, old, valueText(change.new, words, language))
}

function listText(label: string, old: readonly unknown[], now: readonly unknown[], words: LetterWords): string {
  const left = (from: readonly unknown[], other: readonly unknown[]) => {
    const texts = new Set(other.map((item) => JSON.stringify(item)))
    return from.find((item) => !texts.has(JSON.stringify(item)))
  }
  const added = left(now, old)
  if (added !== undefined) return words.added(label, shorten(plain(added)))
  return words.removed(label, shorten(plain(left(old, now) ?? '')))
}

function valueText(value: unknown, words: LetterWords, language: PersonLanguage): string {
  if (value === undefined || value === null || plain(value) === '') return words.nothing
  if (typeof value === 'boolean') return value ? words.yes : words.no
  if (typeof value === 'number') return new Intl.NumberFormat(language, { maximumFractionDigits: 6 }).format(value)
  return words.quoted(shorten(plain(value)))
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** `/candidate/years_experience`: "candidate, years experience". */
function labelOf(path: string): string {
  const names = partsOf(path).map((part) => part.replaceAll('_', ' '))
  return shorten(names.map((name) => (/^\d+$/.test(name) ? String(Number(name) + 1) : name)).join(' › '))
}

function shorten(text: string, most = MAX_TEXT): string {
  const line = text.replaceAll(/[^\S\u00a0]+/g, ' ').trim()
  return line.length <= most ? line : `${line.slice(0, most - 1).toWellFormed()}…`
}

function dateOf(at: number, language: PersonLanguage): string {
  const locale = language === 'en' ? 'en-GB' : 'fr-FR'
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(at)
  return language === 'fr' ? date.replace(/^1 /, '1er ') : date
}
