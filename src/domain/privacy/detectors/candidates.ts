/** What the detectors share: the spans that they return, and what is near a candidate in its text. */

/** `start` to `end`, exclusive, in UTF-16 units. */
export type Span = { readonly start: number; readonly end: number }

/** What one run may still spend. Beyond it, every candidate counts as found: 5,000 checks take 30 ms. */
export type DetectBudget = { checks: number; readonly newestBirthYear: number }

/** A text, and the name of the field that holds it; empty for other texts. */
export type Sample = { readonly text: string; readonly name: string }

export type Find = (sample: Sample, budget: DetectBudget) => readonly Span[]

/** Characters before a candidate in which its label is looked for. */
const LABEL_LENGTH = 32

/** Returns what is before a position: the end of the text before it, or the name of the field at the text's beginning. */
export function labelBefore({ text, name }: Sample, start: number): string {
  const before = text.slice(Math.max(0, start - LABEL_LENGTH), start)
  return start < LABEL_LENGTH && name !== '' && before.trim() === '' ? `${name.slice(-LABEL_LENGTH)} ` : before
}

/** Returns a pattern that finds `inner` only as a whole word. */
export const word = (inner: string): RegExp => new RegExp(`(?<![\\p{L}\\p{N}_])(?:${inner})(?![\\p{L}\\p{N}_])`, 'gu')

/** Returns the matches that `accept` accepts. With a budget, each match costs a check. */
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
