import type { Found } from './person-requests.ts'

export type Holder = {
  readonly id: string
  readonly name: string
  readonly runs: Found['data']
  readonly keys: readonly string[]
  readonly drafts: number
}

/** Most runs first. */
export function groupFound({ data, drafts, settings }: Pick<Found, 'data' | 'drafts' | 'settings'>): readonly Holder[] {
  const names = new Map([...data, ...drafts].map((one) => [one.workflow_id, one.workflow_name]))
  for (const { workflow_id: id } of settings) if (!names.has(id)) names.set(id, id)
  return [...names]
    .map(([id, name]) => ({
      id,
      name,
      runs: data.filter((run) => run.workflow_id === id),
      keys: [...new Set(settings.filter((change) => change.workflow_id === id).map(({ key }) => key))],
      drafts: drafts.filter((draft) => draft.workflow_id === id).length,
    }))
    .sort((a, b) => b.runs.length - a.runs.length || a.name.localeCompare(b.name))
}
