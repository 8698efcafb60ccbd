import type { NpmRequirement } from '../../domain/packages/npm-specifier.ts'

const NO_PACKAGE = /^npm error 404 {1,4}The requested resource '([^']{1,400})' could not be found/
const NO_VERSION = /^npm error notarget No matching version found for (\S{1,400})\.$/
const FROM_GIT = /^npm error command git --no-replace-objects ls-remote (\S{1,400})$/
/** The machine has no git. */
const NO_GIT = /^npm error (?:path|syscall spawn) git$/
const FROM_ADDRESS = /^npm error (?:FetchError:|network) request to (\S{1,400}) failed,/
/** Each request, and what stays of npm's own advice. */
const NOISE = /^npm (?:http |error Log files were not written)/

/** What npm printed, as a sentence if a package or a version is not in the registry. */
export function describeNpmFailure(text: string, requirements: readonly NpmRequirement[], registry: string): string {
  const lines = text.split('\n')
  for (const line of lines) {
    const [, absent] = NO_PACKAGE.exec(line) ?? []
    if (absent !== undefined) return noPackage(nameOf(absent), requirements)
    const [, wanted] = NO_VERSION.exec(line) ?? []
    if (wanted !== undefined) return noVersion(wanted, requirements)
    const elsewhere = addressIn(line, registry)
    if (elsewhere !== null) return outsideRegistry(elsewhere)
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

/** The registry itself may not answer. */
function addressIn(line: string, registry: string): string | null {
  if (NO_GIT.test(line)) return 'a repository of git'
  const [, address] = FROM_GIT.exec(line) ?? FROM_ADDRESS.exec(line) ?? []
  return address === undefined || address.startsWith(registry) ? null : address
}

const outsideRegistry = (address: string): string =>
  `An npm package that you import needs ${address}, and packages come from the registry alone. ` +
  'Import another version of that package'

const ONE_OF_YOURS = 'a package that you import needs it. Import another version of that package'

const isImported = (name: string, requirements: readonly NpmRequirement[]): boolean =>
  requirements.some((one) => one.name === name)

/** A name may begin with @. */
function nameOf(specifier: string): string {
  const at = specifier.indexOf('@', 1)
  return at === -1 ? specifier : specifier.slice(0, at)
}
