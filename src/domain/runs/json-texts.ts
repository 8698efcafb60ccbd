type Paths = readonly (readonly string[])[]

const CALL = /\b(?:json\.loads|JSON\.parse)\([ \t]?/g
const FIELD = /[A-Za-z_$][\w$]{0,60}(?:\.fields)?(?:\.get\(|\.|\[)["']?([A-Za-z_$][\w$-]{0,60})/y
const MAX_ASSIGNMENT = 80

/**
 * Fields parsed as JSON, with the reads of the variables that get their values: `meta = json.loads(request["meta"])`,
 * `const meta = JSON.parse(request.fields.meta)`.
 */
export function findJsonTexts(text: string, readsOf: (variable: string) => Paths): ReadonlyMap<string, Paths> {
  const all = new Map<string, Paths>()
  for (const { 0: call, index } of text.matchAll(CALL)) {
    FIELD.lastIndex = index + call.length
    const name = FIELD.exec(text)?.[1]
    if (name === undefined) continue
    const variable = variableBefore(text.slice(Math.max(0, index - MAX_ASSIGNMENT), index))
    all.set(name, variable === '' ? (all.get(name) ?? []) : readsOf(variable))
  }
  return all
}

function variableBefore(text: string): string {
  const left = text.trimEnd()
  return left.endsWith('=')
    ? (left
        .slice(0, -1)
        .trimEnd()
        .split(/[^\w$]/)
        .at(-1) ?? '')
    : ''
}
