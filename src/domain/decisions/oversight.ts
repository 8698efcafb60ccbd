/** Quick and constant agreement is no oversight. */

export type OverseenDecision = {
  readonly status: 'pending' | 'decided' | 'expired' | 'cancelled'
  readonly proposed: string
  readonly outcome: string | null
  readonly reviewer: { readonly id: string; readonly name: string } | null
  readonly secondsOpen: number | null
}

type ReviewerFigures = {
  readonly id: string
  readonly name: string
  readonly answered: number
  readonly agreed: number
  readonly median_seconds: number | null
}

export type OversightFigures = {
  readonly proposed: number
  readonly agreed: number
  readonly overruled: number
  readonly expired: number
  readonly median_seconds: number | null
  readonly under_10_seconds: number
  readonly reviewers: readonly ReviewerFigures[]
}

const QUICK_SECONDS = 10

export function oversightFigures(decisions: readonly OverseenDecision[]): OversightFigures {
  const answered = decisions.filter(({ status, reviewer }) => status === 'decided' && reviewer !== null)
  const times = timesOf(answered)
  return {
    proposed: decisions.length,
    agreed: answered.filter(isAgreed).length,
    overruled: answered.filter((one) => !isAgreed(one)).length,
    expired: decisions.filter(({ status }) => status === 'expired').length,
    median_seconds: medianOf(times),
    under_10_seconds: times.filter((seconds) => seconds < QUICK_SECONDS).length,
    reviewers: reviewersOf(answered),
  }
}

function reviewersOf(answered: readonly OverseenDecision[]): readonly ReviewerFigures[] {
  const groups = Map.groupBy(answered, ({ reviewer }) => reviewer?.id ?? '')
  return [...groups]
    .map(([id, own]) => ({
      id,
      name: own.at(-1)?.reviewer?.name ?? '',
      answered: own.length,
      agreed: own.filter(isAgreed).length,
      median_seconds: medianOf(timesOf(own)),
    }))
    .toSorted((one, other) => other.answered - one.answered || (one.id < other.id ? -1 : 1))
}

const isAgreed = ({ proposed, outcome }: OverseenDecision): boolean => proposed === outcome

const timesOf = (decisions: readonly OverseenDecision[]): readonly number[] =>
  decisions.flatMap(({ secondsOpen }) => (secondsOpen === null ? [] : [secondsOpen]))

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}
