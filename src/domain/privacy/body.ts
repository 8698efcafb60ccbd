import { findFormValues, redactForm } from './form.ts'
import { findJsonValues, type PathRule, redactJson } from './json.ts'
import { joinParts, type Part, parseParts } from './multipart.ts'
import { MASK, redactText, replacement, type TextRules } from './text.ts'

export type BodyRules = { readonly paths: readonly PathRule[]; readonly text: TextRules }

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i

/** An unreadable body becomes `***`. */
export function redactBody(body: Buffer, contentType: string, rules: BodyRules, name = ''): Buffer {
  const { paths, text: textRules } = rules
  if (body.length === 0 || isEmpty(rules)) return body
  const whole = paths.find(({ steps, detector }) => steps.length === 0 && detector === null)
  if (textRules.isWhole === true) return Buffer.from(MASK)
  if (whole !== undefined) return Buffer.from(replacement(whole.method, body.toString('utf8'), textRules.hash))
  if (/^multipart\/form-data/i.test(contentType)) return redactMultipart(body, contentType, rules)
  const text = decode(body)
  if (text === null) return Buffer.from(MASK)
  if (/^application\/x-www-form-urlencoded/i.test(contentType)) {
    return changed(body, text, redactForm(text, paths, textRules))
  }
  const json = mayBeJson(contentType, text) ? redactJson(text, paths, textRules) : null
  if (json !== null) return changed(body, text, json)
  // The path's value may be anywhere in an unreadable text.
  if (JSON_TYPE.test(contentType) && paths.length > 0) return Buffer.from(MASK)
  return changed(body, text, redactText(text, textRules, name))
}

export function findBodyValues(
  body: Buffer,
  contentType: string,
  paths: readonly (readonly string[])[],
  onValue: (index: number, value: string) => void,
): void {
  if (paths.length === 0 || body.length === 0) return
  const parts = /^multipart\/form-data/i.test(contentType) ? parseParts(body, contentType) : null
  const text = parts === null ? decode(body) : null
  if (parts !== null) findPartValues(parts, paths, onValue)
  else if (text === null) return
  else if (/^application\/x-www-form-urlencoded/i.test(contentType)) findFormValues(text, paths, onValue)
  else if (mayBeJson(contentType, text)) findJsonValues(text, paths, onValue)
}

const isEmpty = ({ paths, text }: BodyRules): boolean =>
  paths.length === 0 && text.detectors.length === 0 && text.values.length === 0 && text.isWhole !== true

function decode(body: Buffer): string | null {
  try {
    return UTF8.decode(body)
  } catch {
    return null
  }
}

const mayBeJson = (contentType: string, text: string): boolean =>
  JSON_TYPE.test(contentType) || (/^(?:text\/plain\b|$)/i.test(contentType) && /^\s*[[{]/.test(text))

const changed = (body: Buffer, before: string, after: string): Buffer =>
  after === before ? body : Buffer.from(after, 'utf8')

function redactMultipart(body: Buffer, contentType: string, rules: BodyRules): Buffer {
  const parts = parseParts(body, contentType)
  if (parts === null) return Buffer.from(MASK)
  const clean = parts.flatMap((part) => redactPart(part, rules))
  const isSame = clean.length === parts.length && clean.every((part, index) => part === parts[index])
  return isSame ? body : joinParts(clean, contentType)
}

function redactPart(part: Part, { paths, text }: BodyRules): readonly Part[] {
  const own = paths.filter(({ steps }) => steps[0] === part.name)
  const rule = own.find(({ steps, detector }) => steps.length === 1 && detector === null)
  const head = Buffer.from(redactText(part.head.toString('utf8'), text))
  const before = head.equals(part.head) ? part : { ...part, head }
  if (rule?.method === 'drop') return []
  if (rule !== undefined) {
    return [{ ...before, content: Buffer.from(replacement(rule.method, part.content.toString('utf8'), text.hash)) }]
  }
  const inner = own.map((one) => ({ ...one, steps: one.steps.slice(1) }))
  const content = redactBody(part.content, part.contentType, { paths: inner, text }, part.name)
  return [content === part.content ? before : { ...before, content }]
}

function findPartValues(
  parts: readonly Part[],
  paths: readonly (readonly string[])[],
  onValue: (index: number, value: string) => void,
): void {
  for (const { name, contentType, content } of parts) {
    paths.forEach((steps, index) => {
      if (steps[0] !== name) return
      if (steps.length === 1) onValue(index, content.toString('utf8'))
      else findBodyValues(content, contentType, [steps.slice(1)], (_, value) => onValue(index, value))
    })
  }
}
