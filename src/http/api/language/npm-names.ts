/**
 * Names of packages for TypeScript, which looks for no module with a colon in its name: `npm:zod@4/mini` becomes
 * `npm+zod@4/mini`, a symbolic link in `node_modules`. Both are of one length, so that positions stay.
 */

import { parseSpecifier } from '../../../domain/packages/npm/specifier.ts'

export type NpmNames = {
  /** A text with the other names. Strings that are no specifier of a package stay. */
  hide(text: string): string
  /** A message with the names as they were written. */
  show(message: string): string
  /** The links to the packages, by path. A link to a package that is not installed leads nowhere. */
  links(): Readonly<Record<string, { readonly link: string }>>
}

const STRING = /(["'`])(npm:[^"'`\n\\$]{1,500})\1/g
/** What is before the path in the package. */
const HEAD = /^npm:\/?(?:@[^/]*\/)?[^/]*/
/** A name that is typed is many names, one after the other. */
const MAX_NAMES = 1000

/** `packages`: the folder that holds `node_modules`, or null. */
export function createNpmNames(packages: string | null): NpmNames {
  const written = new Map<string, string>()
  const links: Record<string, { link: string }> = {}

  function nameOf(specifier: string): string {
    const [head = ''] = HEAD.exec(specifier) ?? []
    const hidden = head.replace(/[:/]/g, '+')
    const rest = specifier.slice(head.length)
    if (written.has(hidden)) return hidden + rest
    const name = packageOf(specifier)
    if (name === null || written.size >= MAX_NAMES) return specifier
    written.set(hidden, head)
    if (packages !== null) {
      links[`node_modules/${hidden}`] = { link: `${packages}/node_modules/${name}` }
      // The types of a package that brings none of its own: `@types/a__b` for `@a/b`.
      const types = name.replace('@', '').replace('/', '__')
      links[`node_modules/@types/${hidden}`] = { link: `${packages}/node_modules/@types/${types}` }
    }
    return hidden + rest
  }

  return {
    hide: (text) =>
      text.includes('npm:')
        ? text.replace(STRING, (_all, quote: string, specifier: string) => quote + nameOf(specifier) + quote)
        : text,
    show: (message) => (message.includes('npm+') ? restore(message, written) : message),
    links: () => links,
  }
}

/** The longest names first: one may be the start of another. A message may escape what HTML gives a meaning. */
function restore(message: string, written: ReadonlyMap<string, string>): string {
  let text = message
  for (const [hidden, head] of [...written].sort(([a], [b]) => b.length - a.length)) {
    text = text.replaceAll(hidden, head).replaceAll(escaped(hidden), escaped(head))
  }
  return text
}

const escaped = (text: string): string => text.replace(/[<>&]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)

function packageOf(specifier: string): string | null {
  try {
    return parseSpecifier(specifier).name
  } catch {
    return null
  }
}
