import { UserError } from '../../errors.ts'

export const escapePart = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

export const partsOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))

/** Throws `bad_request` for an invalid JSON Pointer. */
export function parsePointers(pointers: readonly string[], name: string): readonly string[] {
  for (const [index, pointer] of pointers.entries()) {
    if (/^(?:\/(?:[^~/]|~[01])*)+$/.test(pointer)) continue
    throw new UserError(
      'bad_request',
      `${name}[${index}]: expected a JSON Pointer such as /response/body/id, found ${JSON.stringify(pointer.slice(0, 100))}.`,
    )
  }
  return pointers
}
