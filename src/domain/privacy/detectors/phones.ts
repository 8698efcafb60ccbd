import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js'
import { type DetectBudget, labelBefore, type Sample, type Span } from './candidates.ts'
import { findIbanForms } from './ibans.ts'
import { findNationalIds } from './national-ids.ts'
import { hasOtherShape, isDate, isLabelledPhone, isOtherNumber } from './phone-context.ts'

const PHONE = /(?<![\p{L}\p{N}_])(?:\+\s?|%2[Bb])?\(?\d(?:[ .()/\u00a0\u202f\u2011-]{0,2}\d){6,16}(?![\p{L}\p{N}_])/gu
const MIN_DIGITS = 7
const LAST_NUMBER = /[ /\u00a0\u202f]+[^ /\u00a0\u202f]*$/
/** Five pairs of digits look like a longer foreign number with the next number's pairs. */
const FRENCH = /^0[1-9]([ .\u00a0-])\d\d(?:\1\d\d){3}(?!\d)/
/** Numbers with a leading 0 and no separators. Others are identifiers. */
const TRUNK_DIGITS = /^0\d{9,11}$/
const SINGLE_DIGITS = /^\(?\d(?:\D{1,3}\d(?!\d)){2}/
/** A shorter candidate takes 3 µs, half of a check. */
const SHORTENING = 0.5
const NEAR = 8
/** An IBAN with its separators. */
const LONGEST = 64
const WITH_TRUNK_ZERO: readonly CountryCode[] = ['FR', 'GB', 'DE', 'BE', 'CH', 'NL', 'IT', 'SE', 'AT', 'IE']
/** Calling code and length without it skip countries that cannot match, at 5 µs each. */
const WITHOUT_TRUNK: readonly { country: CountryCode; code: string; min: number; max: number }[] = [
  { country: 'US', code: '1', min: 10, max: 10 },
  { country: 'ES', code: '34', min: 9, max: 9 },
  { country: 'PT', code: '351', min: 9, max: 9 },
  { country: 'PL', code: '48', min: 9, max: 9 },
  { country: 'IT', code: '39', min: 9, max: 10 },
  { country: 'DK', code: '45', min: 8, max: 8 },
  { country: 'NO', code: '47', min: 8, max: 8 },
  { country: 'LU', code: '352', min: 8, max: 9 },
]

/** Tries shorter candidates too: numbers in sequence look like one. */
export function findPhones(sample: Sample, budget: DetectBudget): readonly Span[] {
  const { text } = sample
  const spans: Span[] = []
  const pattern = new RegExp(PHONE)
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const { index: start, 0: candidate } = match
    let end = start + phoneLength(sample, start, candidate, budget)
    if (budget.checks < 0 && end > start) while (/[\d .-]/.test(text[end] ?? '')) end += 1
    const isOpen = candidate.startsWith('(') && !text.slice(start, end).includes(')')
    if (end > start) spans.push({ start: isOpen ? start + 1 : start, end })
    pattern.lastIndex = Math.max(end, start + (/^\D*\d+/.exec(candidate)?.[0].length ?? 1))
  }
  return spans
}

function phoneLength(sample: Sample, start: number, candidate: string, budget: DetectBudget): number {
  if (SINGLE_DIGITS.test(candidate)) return 0
  const label = labelBefore(sample, start)
  const isLabelled = isLabelledPhone(label)
  const before = sample.text.slice(Math.max(0, start - NEAR), start)
  if (!isLabelled && isInIban(sample.text, start)) return 0
  const first = FRENCH.exec(candidate)?.[0] ?? candidate
  for (let part = first; countDigits(part) >= MIN_DIGITS; part = part.replace(LAST_NUMBER, '')) {
    if (budget.checks < 0) return candidate.length
    const end = start + part.length
    const number = part.replace(/^%2B/i, '+').trim()
    const isOther = !isLabelled && isOtherNumber(label, before, number, sample.text.slice(end, end + NEAR))
    if (!isOther && mayBePhone(number, isLabelled)) {
      budget.checks -= 1
      if (isPhone(number, isLabelled, budget)) {
        return isLabelled || number.startsWith('+') || !isInIdentifier(sample.text, start) ? part.length : 0
      }
    }
    if (!LAST_NUMBER.test(part)) return 0
    budget.checks -= SHORTENING
  }
  return 0
}

function isInIban(text: string, start: number): boolean {
  if (!/[A-Za-z0-9]{2}[ \u00a0\u202f-]{1,2}$/.test(text.slice(Math.max(0, start - 4), start))) return false
  const { near, at, holds } = around(text, start)
  return findIbanForms(near).some((span) => holds(span) && span.start < at)
}

/** A number with a leading 0 may have valid check digits by chance. */
function isInIdentifier(text: string, start: number): boolean {
  const { near, at, holds } = around(text, start)
  const isTrunk = /^\(?0/.test(near.slice(at))
  if (isTrunk && !/\d[ .-]?$/.test(near.slice(0, at))) return false
  const ids = findNationalIds({ text: near, name: '' }, { checks: LONGEST, newestBirthYear: 0 })
  return ids.some((span) => holds(span) && (span.start < at || !isTrunk))
}

/** An identifier at the cut may begin earlier, so only one that contains the position counts. */
function around(text: string, start: number) {
  const from = Math.max(0, start - LONGEST)
  const at = start - from
  const holds = (span: Span) => (from === 0 || span.start > 0) && span.start <= at && at < span.end
  return { near: text.slice(from, start + LONGEST), at, holds }
}

const countDigits = (text: string): number => text.replace(/\D/g, '').length

const isInternational = (number: string): boolean => /^\+|^00/.test(number)

const mayBePhone = (number: string, isLabelled: boolean): boolean =>
  isInternational(number) || (!isDate(number) && (isLabelled || !hasOtherShape(number)))

function isPhone(number: string, isLabelled: boolean, budget: DetectBudget): boolean {
  const digits = number.replace(/\D/g, '')
  if (number.startsWith('+')) return parse(number, undefined, budget)?.isPossible() ?? budget.checks < 0
  if (digits.startsWith('00')) return parse(`+${digits.slice(2)}`, undefined, budget)?.isValid() ?? budget.checks < 0
  if (digits.startsWith('0')) {
    const isAsked = isLabelled || digits !== number || TRUNK_DIGITS.test(digits)
    return isAsked && WITH_TRUNK_ZERO.some((country) => isValidIn(number, country, budget))
  }
  // Digits without separators are usually identifiers.
  if (digits === number && !isLabelled) return digits.length === 10 && isValidIn(number, 'US', budget)
  if (isLabelled && (parse(`+${digits}`, undefined, budget)?.isValid() ?? budget.checks < 0)) return true
  return WITHOUT_TRUNK.some(({ country, code, min, max }) => {
    const fits = (length: number) => length >= min && length <= max
    const isAsked = fits(digits.length) || (digits.startsWith(code) && fits(digits.length - code.length))
    return isAsked && isValidIn(number, country, budget)
  })
}

/** Undefined: invalid, or no budget left. */
function parse(number: string, country: CountryCode | undefined, budget: DetectBudget) {
  budget.checks -= 1
  return budget.checks < 0 ? undefined : parsePhoneNumberFromString(number, country)
}

const isValidIn = (number: string, country: CountryCode, budget: DetectBudget): boolean =>
  parse(number, country, budget)?.isValid() ?? budget.checks < 0
