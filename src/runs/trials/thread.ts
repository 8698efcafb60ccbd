import { compareRuns, type Side } from '../../domain/trials/compare.ts'
import type { CaseResult } from '../../domain/trials/trial.ts'

export type Comparison = {
  readonly original: Side
  readonly candidate: Side
  readonly ignore: readonly string[]
}

export const compare = ({ original, candidate, ignore }: Comparison): CaseResult =>
  compareRuns(original, candidate, ignore)
