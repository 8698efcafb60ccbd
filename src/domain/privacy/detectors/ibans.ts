/** A country's IBANs have one length, so a following word is not part of the match. */

import { getCountrySpecifications, isValidIBAN } from 'ibantools'
import type { DetectBudget, Sample, Span } from './candidates.ts'

const START = /(?<![\p{L}\p{N}_])(?:IBAN)?([A-Za-z]{2})(?=[ -]?\d[ -]?\d)/giu
const SEPARATOR = /[ \t\u00a0\u202f\r\n.-]/
const MAX_SEPARATORS = 2
const ALPHANUMERIC = /[A-Za-z0-9]/
const WORD = /[\p{L}\p{N}_]/u

const LENGTHS: ReadonlyMap<string, number> = new Map(
  Object.entries(getCountrySpecifications()).flatMap(([country, { chars, IBANRegistry }]) =>
    IBANRegistry && chars !== null ? [[country, chars]] : [],
  ),
)

export function findIbans({ text }: Sample, budget: DetectBudget): readonly Span[] {
  return candidates(text).filter(({ iban }) => {
    budget.checks -= 1
    return budget.checks < 0 || isValidIBAN(iban)
  })
}

export function findIbanForms(text: string): readonly Span[] {
  return candidates(text)
}

function candidates(text: string): readonly Candidate[] {
  const found: Candidate[] = []
  for (const { index, 0: matched, 1: country = '' } of text.matchAll(START)) {
    const start = index + matched.length - country.length
    const length = LENGTHS.get(country.toUpperCase())
    const candidate = length === undefined ? null : take(text, start, length)
    if (candidate !== null) found.push(candidate)
  }
  return found
}

type Candidate = Span & { readonly iban: string }

/** Null: too few characters, or more without a separator. */
function take(text: string, start: number, length: number): Candidate | null {
  let iban = ''
  let separators = 0
  let at = start
  for (; iban.length < length; at += 1) {
    const one = text[at] ?? ''
    if (ALPHANUMERIC.test(one)) {
      iban += one
      separators = 0
    } else if (SEPARATOR.test(one) && separators < MAX_SEPARATORS) separators += 1
    else return null
  }
  return WORD.test(text[at] ?? '') ? null : { start, end: at, iban: iban.toUpperCase() }
}
