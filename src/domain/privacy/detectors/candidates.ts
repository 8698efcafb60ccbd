export type Span = { readonly start: number; readonly end: number }

/** After the last check of a run, every candidate counts as found. 5,000 checks take 30 ms. */
export type DetectBudget = { checks: number; readonly newestBirthYear: number }

export type Sample = { readonly text: string; readonly name: string }

export type Find = (sample: Sample, budget: DetectBudget) => readonly Span[]

const LABEL_LENGTH = 32

/** Returns the field's name at the start of the text. */
export function labelBefore({ text, name }: Sample, start: number): string {
  const before = text.slice(Math.max(0, start - LABEL_LENGTH), start)
  return start < LABEL_LENGTH && name !== '' && before.trim() === '' ? `${name.slice(-LABEL_LENGTH)} ` : before
}

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
