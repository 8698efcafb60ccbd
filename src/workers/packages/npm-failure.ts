import type { NpmRequirement } from '../../domain/packages/npm-specifier.ts'

const NO_PACKAGE = /^npm error 404 {1,4}The requested resource '([^']{1,400})' could not be found/
const NO_VERSION = /^npm error notarget No matching version found for (\S{1,400})\.$/
/** Each request, and what stays of npm's own advice. */
const NOISE = /^npm (?:http |error Log files were not written)/

/** What npm printed, as a sentence if the registry lacks a package or a version. */
export function describeNpmFailure(text: string, requirements: readonly NpmRequirement[]): string {
  const lines = text.split('\n')
  for (const line of lines) {
    const [, absent] = NO_PACKAGE.exec(line) ?? []
    if (absent !== undefined) return noPackage(nameOf(absent), requirements)
    const [, wanted] = NO_VERSION.exec(line) ?? []
    if (wanted !== undefined) return noVersion(wanted, requirements)
  }
  return lines.filter((line) => !NOISE.test(line)).join('\n') || text
}

function noPackage(name: string, requirements: readonly NpmRequirement[]): string {
  const found = `The npm package ${name} was not found in the registry`
  return isImported(name, requirements)
    ? `${found}. Check its name in the import npm:${name}; a private package needs a registry that this server may read`
    : `${found}, and ${ONE_OF_YOURS}`
}

function noVersion(wanted: string, requirements: readonly NpmRequirement[]): string {
  const name = nameOf(wanted)
  const range = wanted.slice(name.length + 1)
  const found = `The npm package ${name} has no version ${range} in the registry`
  return isImported(name, requirements)
    ? `${found}. Write a version that exists behind npm:${name}@`
    : `${found}, and ${ONE_OF_YOURS}`
}

const ONE_OF_YOURS = 'a package that you import needs it. Import another version of that package'

const isImported = (name: string, requirements: readonly NpmRequirement[]): boolean =>
  requirements.some((one) => one.name === name)

/** A name may begin with @. */
function nameOf(specifier: string): string {
  const at = specifier.indexOf('@', 1)
  return at === -1 ? specifier : specifier.slice(0, at)
}
