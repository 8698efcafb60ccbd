import { isObject } from './is-object.ts'

/** Returns undefined for other texts. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Returns null for other texts. */
export function readObject(text: string): Readonly<Record<string, unknown>> | null {
  const value = readJson(text)
  return isObject(value) ? value : null
}
