/** The spans that detectors return, and the context of a candidate. */

export type Span = { readonly start: number; readonly end: number }

/** The remaining checks of one run. After the last, every candidate counts as found. 5,000 checks take 30 ms. */
export type DetectBudget = { checks: number; readonly newestBirthYear: number }

export type Sample = { readonly text: string; readonly name: string }

export type Find = (sample: Sample, budget: DetectBudget) => readonly Span[]

/** Characters before a candidate that may contain its label. */
const LABEL_LENGTH = 32

/** Returns the end of the text before a position, or the field's name at the start. */
export function labelBefore({ text, name }: Sample, start: number): string {
  const before = text.slice(Math.max(0, start - LABEL_LENGTH), start)
  return start < LABEL_LENGTH && name !== '' && before.trim() === '' ? `${name.slice(-LABEL_LENGTH)} ` : before
}

/** Returns a pattern that finds `inner` only as a whole word. */
export const word = (inner: string): RegExp => new RegExp(`(?<![\\p{L}\\p{N}_])(?:${inner})(?![\\p{L}\\p{N}_])`, 'gu')

/** With a budget, each match costs a check. */
export function findMatches(
  text: string,
  pattern: RegExp,
  accept: (match: RegExpExecArray) => boolean,
  budget: DetectBudget | null,
): readonly Span[] {
  const spans: Span[] = []
  for (const match of text.matchAll(pattern)) {
    if (budget !== null) budget.checks -= 1
    const isFound = (budget !== null && budget.checks < 0) || accept(match)
    if (isFound) spans.push({ start: match.index, end: match.index + match[0].length })
  }
  return spans
}
