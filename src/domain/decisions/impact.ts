/** Selection rates and impact ratios as in New York City's Local Law 144 (6 RCNY § 5-301), without a threshold. */

import type { Attributes } from './decision.ts'

export type ImpactGroup = { readonly attributes: Attributes | null; readonly outcome: string; readonly count: number }

type ImpactRow = {
  /** One attribute, or several for an intersection. */
  readonly by: readonly string[]
  readonly category: string
  readonly count: number
  readonly selected: number
  readonly selection_rate: number
  /** Rate divided by the highest rate. Null if no person was selected. */
  readonly impact_ratio: number | null
  /** Under 2 % of all decisions. */
  readonly small: boolean
}

export type ImpactTable = {
  readonly outcome: string
  readonly total: number
  /** Decisions that lack an attribute, excluded from the rows. */
  readonly unknown: number
  readonly rows: readonly ImpactRow[]
}

const SMALL_SHARE = 0.02

/** Single attributes, then the intersection of all. */
export function impactTable(groups: readonly ImpactGroup[], outcome: string, by: readonly string[]): ImpactTable {
  const total = sumOf(groups)
  const known = groups.filter(({ attributes }) => by.every((name) => attributes?.[name] !== undefined))
  const dimensions = by.length > 1 ? [...by.map((name) => [name]), [...by]] : [[...by]]
  return {
    outcome,
    total,
    unknown: total - sumOf(known),
    rows: dimensions.flatMap((dimension) => rowsOf(known, outcome, dimension, total)),
  }
}

function rowsOf(
  known: readonly ImpactGroup[],
  outcome: string,
  by: readonly string[],
  total: number,
): readonly ImpactRow[] {
  const valuesOf = ({ attributes }: ImpactGroup) => by.map((name) => attributes?.[name] ?? '')
  const rows = [...Map.groupBy(known, (group) => JSON.stringify(valuesOf(group))).values()].map((own) => {
    const category = own.slice(0, 1).flatMap(valuesOf).join(', ')
    const count = sumOf(own)
    const selected = sumOf(own.filter((group) => group.outcome === outcome))
    return { by, category, count, selected, selection_rate: selected / count, small: count < SMALL_SHARE * total }
  })
  const highest = Math.max(0, ...rows.map(({ selection_rate: rate }) => rate))
  return rows
    .map(({ small, ...row }) => ({
      ...row,
      impact_ratio: highest === 0 ? null : row.selection_rate / highest,
      small,
    }))
    .toSorted((one, other) => (one.category < other.category ? -1 : 1))
}

const sumOf = (groups: readonly ImpactGroup[]): number => groups.reduce((sum, { count }) => sum + count, 0)

/** The last two lines count decisions that lack an attribute, and all decisions. */
export function impactCsv({ total, unknown, rows }: ImpactTable): string {
  const head = ['by', 'category', 'count', 'selected', 'selection_rate', 'impact_ratio', 'small']
  const lines = rows.map(({ by, category, count, selected, selection_rate, impact_ratio, small }) => [
    by.join(' and '),
    category,
    count,
    selected,
    selection_rate,
    impact_ratio ?? '',
    small,
  ])
  const foot = [
    ['', 'unknown', unknown, '', '', '', ''],
    ['', 'total', total, '', '', '', ''],
  ]
  return [head, ...lines, ...foot].map((line) => `${line.map(cellOf).join(',')}\r\n`).join('')
}

/** The apostrophe keeps a spreadsheet from reading a formula. */
function cellOf(value: string | number | boolean): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
