/** Python has a block, TypeScript its imports. */

import type { Language } from '../../../../lib/kinds.ts'
import type { Code } from '../text/code.ts'
import { addRequirement, nameOf, readBlock, removeRequirement } from './block.ts'
import { addImport, importedPackages, removeImports } from './imports.ts'

export type Declared = {
  readonly language: Language
  readonly requirements: readonly string[]
  readonly requiresPython: string | null
  /** `unreadable`: only a person can edit the block. */
  readonly state: 'none' | 'declared' | 'unreadable'
}

export function readDeclared(code: Code, language: Language): Declared {
  if (language === 'javascript') {
    const requirements = importedPackages(code)
    return { language, requirements, requiresPython: null, state: requirements.length === 0 ? 'none' : 'declared' }
  }
  const block = readBlock(code.source)
  if (block === null || block === 'unreadable')
    return { language, requirements: [], requiresPython: null, state: block ?? 'none' }
  const { dependencies: requirements, requiresPython } = block
  return { language, requirements, requiresPython, state: 'declared' }
}

export const addPackage = (code: Code, language: Language, requirement: string): Code =>
  language === 'python' ? { ...code, source: addRequirement(code.source, requirement) } : addImport(code, requirement)

export function removePackage(code: Code, { language, requirements }: Declared, index: number): Code {
  if (language === 'python') return { ...code, source: removeRequirement(code.source, index) }
  return removeImports(code, requirements[index] ?? '')
}

export function packageName(requirement: string, language: Language): string {
  if (language === 'python') return nameOf(requirement)
  return /^(?:npm:)?((?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*)(?:@.*)?$/.exec(requirement.trim())?.[1] ?? ''
}

export const typedRange = (requirement: string): string | null =>
  /^(?:npm:)?(?:@[^/@]+\/)?[^/@]+@(.+)$/.exec(requirement.trim())?.[1] ?? null
