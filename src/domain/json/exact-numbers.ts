/** A double would change its text. */
export class ExactNumber {
  readonly source: string
  constructor(source: string) {
    this.source = source
  }
  toJSON(): unknown {
    return rawJson(this.source)
  }
}

/** TypeScript does not declare it yet. */
const rawJson: (text: string) => unknown = Reflect.get(JSON, 'rawJSON')

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, keepExact)
  } catch {
    return undefined
  }
}

function keepExact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value
  return String(value) === context.source ? value : new ExactNumber(context.source)
}
