/** Finds personal data in text: e-mail addresses, phone numbers, IBANs, national identifiers and dates of birth. */

import { electronicFormatIBAN, isValidIBAN } from 'ibantools'
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js'
// The package's index loads 300 files of all countries: 140 ms of each start of the server, in place of 15.
import { validate as belgianNumber } from 'stdnum/lib/cjs/be/nn.js'
import { validate as swissNumber } from 'stdnum/lib/cjs/ch/ssn.js'
import { validate as germanTaxId } from 'stdnum/lib/cjs/de/idnr.js'
import { validate as spanishDni } from 'stdnum/lib/cjs/es/dni.js'
import { validate as spanishNie } from 'stdnum/lib/cjs/es/nie.js'
import { validate as frenchNir } from 'stdnum/lib/cjs/fr/nir.js'
import { validate as britishNino } from 'stdnum/lib/cjs/gb/nino.js'
import { validate as italianCode } from 'stdnum/lib/cjs/it/codicefiscale.js'
import { validate as polishPesel } from 'stdnum/lib/cjs/pl/pesel.js'
import type { Detector } from './policy.ts'

/** `start` to `end`, exclusive, in UTF-16 units. */
export type Span = { readonly start: number; readonly end: number }

/** What one run may still spend. Beyond it, every candidate counts as found: 5,000 checks take 30 ms. */
export type DetectBudget = { checks: number; readonly newestBirthYear: number }

const MAX_CHECKS = 5000
/** People in résumés are older, and later dates are those of jobs and diplomas. */
const MIN_AGE = 14
const OLDEST_BIRTH_YEAR = 1900

/** `year` is the current one. */
export const newBudget = (year: number): DetectBudget => ({ checks: MAX_CHECKS, newestBirthYear: year - MIN_AGE })

/** All spans that the detector finds, in order. Takes time linear in the text. */
export function detect(detector: Detector, text: string, budget: DetectBudget): readonly Span[] {
  return FINDERS[detector](text, budget)
}

type Find = (text: string, budget: DetectBudget) => readonly Span[]

const FINDERS: Readonly<Record<Detector, Find>> = {
  email: findEmails,
  phone: findPhones,
  iban: (text, budget) => findMatches(text, IBAN, (found) => isValidIBAN(electronicFormatIBAN(found) ?? ''), budget),
  national_id: (text, budget) =>
    NATIONAL_IDS.flatMap(({ pattern, accept }) => findMatches(text, pattern, accept, budget)),
  birth_date: (text, budget) => DATES.flatMap((pattern) => findMatches(text, pattern, isBirth(budget), null)),
}

const MAX_LOCAL = 64
const MAX_DOMAIN = 253
const LOCAL = /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]/u
const DOMAIN = /[\p{L}\p{N}.-]/u

/** Goes out from each `@`. A pattern that begins with the local part reads base64 64 times. */
function findEmails(text: string): readonly Span[] {
  const spans: Span[] = []
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at
    while (start > 0 && at - start < MAX_LOCAL && LOCAL.test(text[start - 1] ?? '')) start -= 1
    // Quotes around an address are no part of it.
    while (start < at && !/[\p{L}\p{N}_]/u.test(text[start] ?? '')) start += 1
    let end = at + 1
    while (end < text.length && end - at <= MAX_DOMAIN && DOMAIN.test(text[end] ?? '')) end += 1
    while (end > at && /[.-]/.test(text[end - 1] ?? '')) end -= 1
    if (start < at && text.slice(at + 1, end).includes('.')) spans.push({ start, end })
  }
  return spans
}

/** Digits with the separators of phone numbers; each candidate is checked. */
const PHONE = /(?<![\p{L}\p{N}_.])(?:\+\s?)?\(?\d(?:[ .()/\u00a0\u202f-]{0,2}\d){6,16}(?![\p{L}\p{N}_])/gu
const MIN_DIGITS = 7
const ISO_DATE = /^(?:19|20)\d\d-\d\d-\d\d/
/** Countries whose national numbers begin with 0: nothing else looks like them. */
const WITH_TRUNK_ZERO: readonly CountryCode[] = ['FR', 'GB', 'DE', 'BE', 'CH', 'NL', 'IT', 'SE', 'AT', 'IE']
/** Their calling codes, and how many digits their numbers have without it: others are not asked about, which takes 5 µs each. */
const WITHOUT_TRUNK: readonly { country: CountryCode; code: string; min: number; max: number }[] = [
  { country: 'US', code: '1', min: 10, max: 10 },
  { country: 'ES', code: '34', min: 9, max: 9 },
  { country: 'PT', code: '351', min: 9, max: 9 },
  { country: 'PL', code: '48', min: 6, max: 10 },
  { country: 'IT', code: '39', min: 6, max: 12 },
  { country: 'DK', code: '45', min: 8, max: 8 },
  { country: 'NO', code: '47', min: 5, max: 8 },
  { country: 'LU', code: '352', min: 4, max: 11 },
]

/** Numbers that follow each other look like one: of a candidate that is none, shorter ones are tried, group by group. */
function findPhones(text: string, budget: DetectBudget): readonly Span[] {
  const spans: Span[] = []
  const pattern = new RegExp(PHONE)
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    let end = match.index + phoneLength(match[0], budget)
    // A candidate that was not checked may end inside a number.
    if (budget.checks < 0) while (/[\d .-]/.test(text[end] ?? '')) end += 1
    if (end > match.index) spans.push({ start: match.index, end })
    pattern.lastIndex = Math.max(end, match.index + (/^\D*\d+/.exec(match[0])?.[0].length ?? 1))
  }
  return spans
}

/** How many characters of the candidate are a phone number; 0 for none. */
function phoneLength(candidate: string, budget: DetectBudget): number {
  for (let part = candidate; part.replace(/\D/g, '').length >= MIN_DIGITS; part = part.replace(/\D*\d+$/, '')) {
    budget.checks -= 1
    if (budget.checks < 0) return candidate.length
    if (isPhone(part, budget)) return part.length
  }
  return 0
}

function isPhone(found: string, budget: DetectBudget): boolean {
  const number = found.trim()
  if (number.startsWith('+')) return parse(number, undefined, budget)?.isPossible() ?? budget.checks < 0
  const digits = number.replace(/\D/g, '')
  if (ISO_DATE.test(number)) return false
  if (digits.startsWith('00')) return parse(`+${digits.slice(2)}`, undefined, budget)?.isPossible() ?? budget.checks < 0
  if (digits.startsWith('0')) return WITH_TRUNK_ZERO.some((country) => isValidIn(number, country, budget))
  // Digits alone are mostly identifiers: they are a phone number only in the American form.
  if (digits === number) return digits.length === 10 && isValidIn(number, 'US', budget)
  return WITHOUT_TRUNK.some(({ country, code, min, max }) => {
    const fits = (length: number) => length >= min && length <= max
    const isAsked = fits(digits.length) || (digits.startsWith(code) && fits(digits.length - code.length))
    return isAsked && isValidIn(number, country, budget)
  })
}

/** Undefined for what is no number, and without asking once the budget is spent. */
function parse(number: string, country: CountryCode | undefined, budget: DetectBudget) {
  budget.checks -= 1
  return budget.checks < 0 ? undefined : parsePhoneNumberFromString(number, country)
}

const isValidIn = (number: string, country: CountryCode, budget: DetectBudget): boolean =>
  parse(number, country, budget)?.isValid() ?? budget.checks < 0

const IBAN = /(?<![\p{L}\p{N}_])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![\p{L}\p{N}_])/gu

type NationalId = { readonly pattern: RegExp; readonly accept: (found: string) => boolean }
const compact = (found: string): string => found.replace(/[\s.-]/g, '').toUpperCase()
const word = (inner: string): RegExp => new RegExp(`(?<![\\p{L}\\p{N}_])${inner}(?![\\p{L}\\p{N}_])`, 'gu')
const checked = (validate: typeof frenchNir) => (found: string) => validate(compact(found)).isValid

/** Formats and check digits: stdnum, after the countries' own documents. Without a check digit the format alone counts. */
const NATIONAL_IDS: readonly NationalId[] = [
  // France, NIR: with its key it is checked; without it, 13 digits with a month are enough.
  { pattern: word('[1-478](?: ?\\d\\d){2} ?(?:\\d\\d|2[ABab]) ?\\d{3} ?\\d{3} ?\\d\\d'), accept: checked(frenchNir) },
  { pattern: word('[12] ?\\d\\d ?(?:0[1-9]|1[0-2]) ?(?:\\d\\d|2[ABab]) ?\\d{3} ?\\d{3}'), accept: () => true },
  { pattern: word('\\d{3}-\\d{2}-\\d{4}'), accept: () => true },
  { pattern: word('[A-CEGHJ-PR-TW-Za-z]{2} ?\\d\\d ?\\d\\d ?\\d\\d ?[A-Da-d]'), accept: checked(britishNino) },
  { pattern: word('\\d{8}-?[A-Za-z]'), accept: checked(spanishDni) },
  { pattern: word('[XYZxyz]-?\\d{7}-?[A-Za-z]'), accept: checked(spanishNie) },
  {
    pattern: word('[A-Za-z]{6}\\d\\d[A-EHLMPRSTa-ehlmprst]\\d\\d[A-Za-z]\\d{3}[A-Za-z]'),
    accept: checked(italianCode),
  },
  { pattern: word('\\d\\d\\.?\\d\\d\\.?\\d\\d[- ]?\\d{3}\\.?\\d\\d'), accept: checked(belgianNumber) },
  { pattern: word('756\\.?\\d{4}\\.?\\d{4}\\.?\\d\\d'), accept: checked(swissNumber) },
  { pattern: word('\\d{11}'), accept: (found) => checked(polishPesel)(found) || checked(germanTaxId)(found) },
]

const MONTH =
  '(?:jan(?:uary|vier)?|f[eé]b(?:ruary)?|f[eé]vrier|mar(?:ch|s)?|a[pv]r(?:il)?|may|mai|june?|juin|july?|juillet|aug(?:ust)?|ao[uû]t|sep(?:t|tember|tembre)?|o[ck]t(?:ober|obre)?|nov(?:ember|embre)?|d[eé]c(?:ember|embre)?)\\.?'
const DATES: readonly RegExp[] = [
  word('(?<year>(?:19|20)\\d\\d)[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\\d|3[01])(?:T[\\d:.]{5,15}Z?)?'),
  word('(?:0?[1-9]|[12]\\d|3[01])[-/. ](?:0?[1-9]|[12]\\d|3[01])[-/. ](?<year>(?:19|20)\\d\\d)'),
  new RegExp(`(?<![\\p{L}\\p{N}_])\\d{1,2}(?:st|nd|rd|th|er)? ${MONTH} (?<year>(?:19|20)\\d\\d)(?!\\d)`, 'giu'),
  new RegExp(`(?<![\\p{L}\\p{N}_])${MONTH} \\d{1,2}(?:st|nd|rd|th)?,? (?<year>(?:19|20)\\d\\d)(?!\\d)`, 'giu'),
]

const isBirth =
  ({ newestBirthYear }: DetectBudget) =>
  (_found: string, groups: Readonly<Record<string, string>>): boolean => {
    const year = Number(groups['year'])
    return year >= OLDEST_BIRTH_YEAR && year <= newestBirthYear
  }

function findMatches(
  text: string,
  pattern: RegExp,
  accept: (found: string, groups: Readonly<Record<string, string>>) => boolean,
  budget: DetectBudget | null,
): readonly Span[] {
  const spans: Span[] = []
  for (const match of text.matchAll(pattern)) {
    if (budget !== null) budget.checks -= 1
    const isFound = (budget !== null && budget.checks < 0) || accept(match[0], match.groups ?? {})
    if (isFound) spans.push({ start: match.index, end: match.index + match[0].length })
  }
  return spans
}
