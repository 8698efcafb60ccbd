/** Pairs that are not redacted keep their exact text. */

import { type PathRule, rulesFor } from './json.ts'
import { redactText, replacement, type TextRules } from './text.ts'

export function redactForm(text: string, paths: readonly PathRule[], rules: TextRules): string {
  return text
    .split('&')
    .flatMap((pair) => redactPair(pair, paths, rules))
    .join('&')
}

export function findFormValues(
  text: string,
  paths: readonly (readonly string[])[],
  onValue: (index: number, value: string) => void,
): void {
  for (const pair of text.split('&')) {
    const { name, value } = readPair(pair)
    paths.forEach((steps, index) => {
      if (steps.join('.') === name) onValue(index, value)
    })
  }
}

function redactPair(pair: string, paths: readonly PathRule[], rules: TextRules): readonly string[] {
  const { name, value } = readPair(pair)
  const rule = paths.find(({ steps }) => steps.length === 0 || steps.join('.') === name)
  if (rule?.detector === null) {
    if (rule.method === 'drop') return []
    return [`${encodeURIComponent(name)}=${encodeURIComponent(replacement(rule.method, value, rules.hash))}`]
  }
  const clean = { name: redactText(name, rules), value: redactText(value, rulesFor(rules, rule), name) }
  if (clean.name === name && clean.value === value) return [pair]
  return [`${encodeURIComponent(clean.name)}=${encodeURIComponent(clean.value)}`]
}

function readPair(pair: string): { readonly name: string; readonly value: string } {
  const [[name, value] = ['', '']] = new URLSearchParams(pair)
  return { name, value }
}
