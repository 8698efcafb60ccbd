/**
 * TypeScript resolves no module name with a colon. Thus, `npm:zod@4/mini` becomes a symbolic link in `node_modules`,
 * `npm+zod@4/mini`. The length stays, so positions stay valid.
 */

import { parseSpecifier } from '../../../domain/packages/npm-specifier.ts'

export type NpmNames = {
  hide(texts: readonly string[]): readonly string[]
  show(message: string): string
  links(): Readonly<Record<string, { readonly link: string }>>
}

const STRING = /(["'`])(npm:[^"'`\n\\$]{1,500})\1/g
const HEAD = /^npm:\/?(?:@[^/]*\/)?[^/]*/
/** Each intermediate text of typing is a name. */
const MAX_NAMES = 1000
/** Ranges of 500 characters take 0.2 ms each. */
const MAX_NEW = 50

type Names = { readonly next: Map<string, Names>; written: string | null }
const noNames = (): Names => ({ next: new Map(), written: null })

export function createNpmNames(packages: string | null): NpmNames {
  const written = new Set<string>()
  const names = noNames()
  const links: Record<string, { link: string }> = {}
  let unread = MAX_NEW

  function nameOf(specifier: string): string {
    const [head = ''] = HEAD.exec(specifier) ?? []
    const hidden = head.replace(/[:/]/g, '+')
    const rest = specifier.slice(head.length)
    if (written.has(hidden)) return hidden + rest
    if (unread === 0 || written.size >= MAX_NAMES) return specifier
    unread -= 1
    const name = packageOf(specifier)
    if (name === null) return specifier
    written.add(hidden)
    addName(names, hidden, head)
    // A message may escape characters that are special in HTML.
    addName(names, escaped(hidden), escaped(head))
    if (packages !== null) {
      links[`node_modules/${hidden}`] = { link: `${packages}/node_modules/${name}` }
      // DefinitelyTyped names the types of `@a/b` `@types/a__b`.
      const types = name.replace('@', '').replace('/', '__')
      links[`node_modules/@types/${hidden}`] = { link: `${packages}/node_modules/@types/${types}` }
    }
    return hidden + rest
  }

  return {
    hide(texts) {
      unread = MAX_NEW
      return texts.map((text) =>
        text.includes('npm:')
          ? text.replace(STRING, (_all, quote: string, specifier: string) => quote + nameOf(specifier) + quote)
          : text,
      )
    },
    show: (message) => restore(message, names),
    links: () => links,
  }
}

function addName(names: Names, hidden: string, written: string): void {
  let node = names
  for (const character of hidden.split('')) {
    const next = node.next.get(character) ?? noNames()
    node.next.set(character, next)
    node = next
  }
  node.written = written
}

function restore(message: string, names: Names): string {
  let text = ''
  let from = 0
  for (let at = message.indexOf('npm+'); at !== -1; at = message.indexOf('npm+', Math.max(from, at + 1))) {
    const found = longestAt(message, at, names)
    if (found === null) continue
    text += message.slice(from, at) + found.written
    from = found.end
  }
  return text + message.slice(from)
}

function longestAt(
  text: string,
  start: number,
  names: Names,
): { readonly written: string; readonly end: number } | null {
  let found: { readonly written: string; readonly end: number } | null = null
  let node: Names | undefined = names
  for (let at = start; node !== undefined; at += 1) {
    if (node.written !== null) found = { written: node.written, end: at }
    node = node.next.get(text.charAt(at))
  }
  return found
}

const escaped = (text: string): string => text.replace(/[<>&]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)

function packageOf(specifier: string): string | null {
  try {
    return parseSpecifier(specifier).name
  } catch {
    return null
  }
}
