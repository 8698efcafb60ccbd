import { validRange } from 'semver'

export type NpmRequirement = {
  readonly name: string
  readonly range: string
}

const MAX_LENGTH = 500
const NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/
const PARTS = /^npm:\/?((?:@[^/@]*\/)?[^/@]*)(?:@([^/]*))?(?:\/.*)?$/
const EXAMPLE = 'such as npm:zod@4'

export function parseSpecifier(specifier: string): NpmRequirement {
  if (specifier.length > MAX_LENGTH) throw new Error(`expected at most ${MAX_LENGTH} characters in an import`)
  const [, name = '', range] = PARTS.exec(specifier) ?? []
  if (name.length > 214 || !NAME.test(name)) {
    throw new Error(`expected the name of a package and a version, ${EXAMPLE}; found ${quote(specifier)}`)
  }
  const text = decode(range ?? '').trim()
  if (text === '') throw new Error(missingVersion(specifier, name))
  if (validRange(text) === null) {
    throw new Error(
      `expected a version or a range behind ${name}@, such as 4, ^3.1 or 1.2.3; found ${quote(text)}. ` +
        'Packages come from the registry by name and version',
    )
  }
  return { name, range: text }
}

function missingVersion(specifier: string, name: string): string {
  const [, rest = ''] = /^npm:\/?(?:@[^/@]*\/)?[^/@]*@?(\/.*)?$/.exec(specifier) ?? []
  return `${quote(specifier)} names no version. Write npm:${name}@VERSION${rest} with the version that you want`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const quote = (text: string): string => JSON.stringify(text.slice(0, 200))
