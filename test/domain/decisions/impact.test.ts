import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ImpactGroup, impactCsv, impactTable } from '../../../src/domain/decisions/impact.ts'

const group = (sex: string | null, ethnicity: string | null, outcome: string, count: number): ImpactGroup => ({
  attributes: { ...(sex && { sex }), ...(ethnicity && { ethnicity }) },
  outcome,
  count,
})

const GROUPS: readonly ImpactGroup[] = [
  group('female', 'a', 'invite', 30),
  group('female', 'a', 'reject', 70),
  group('female', 'b', 'invite', 9),
  group('female', 'b', 'reject', 41),
  group('male', 'a', 'invite', 48),
  group('male', 'a', 'reject', 72),
  group('male', 'b', 'reject', 3),
  group('male', null, 'invite', 5),
  { attributes: null, outcome: 'reject', count: 2 },
]

test('the table equals the one made by hand', () => {
  const { total, unknown, rows } = impactTable(GROUPS, 'invite', ['sex', 'ethnicity'])
  assert.deepEqual([total, unknown], [280, 7])
  assert.deepEqual(
    rows.map(({ category, count, selected, selection_rate, impact_ratio, small }) => [
      category,
      count,
      selected,
      selection_rate,
      impact_ratio,
      small,
    ]),
    [
      ['female', 150, 39, 0.26, 0.26 / (48 / 123), false],
      ['male', 123, 48, 48 / 123, 1, false],
      ['a', 220, 78, 78 / 220, 1, false],
      ['b', 53, 9, 9 / 53, 9 / 53 / (78 / 220), false],
      ['female, a', 100, 30, 0.3, 0.3 / 0.4, false],
      ['female, b', 50, 9, 0.18, 0.18 / 0.4, false],
      ['male, a', 120, 48, 0.4, 1, false],
      ['male, b', 3, 0, 0, 0, true],
    ],
  )
})

test('an outcome that nobody got has rates of 0 and no impact ratios', () => {
  const { rows } = impactTable(GROUPS, 'hire', ['sex'])
  assert.deepEqual(
    rows.map((row) => [row.selection_rate, row.impact_ratio]),
    [
      [0, null],
      [0, null],
    ],
  )
  assert.deepEqual(impactTable([], 'invite', ['sex']), { outcome: 'invite', total: 0, unknown: 0, rows: [] })
})

test('people whose attribute is unknown are counted, and are in no row', () => {
  const { unknown, rows, total } = impactTable(GROUPS, 'invite', ['sex'])
  assert.deepEqual([unknown, total, rows.reduce((sum, { count }) => sum + count, 0)], [2, 280, 278])
})

test('intersections are never merged because of a comma in a category', () => {
  const comma = [group('x, y', 'z', 'invite', 1), group('x', 'y, z', 'reject', 1)]
  const { rows } = impactTable(comma, 'invite', ['sex', 'ethnicity'])
  assert.equal(rows.filter(({ by }) => by.length === 2).length, 2)
})

test('a category cannot become a formula in a spreadsheet', () => {
  const csv = impactCsv(
    impactTable([group('=1+1', null, 'invite', 1), group('a "b", c', null, 'x', 1)], 'invite', ['sex']),
  )
  assert.deepEqual(csv.split('\r\n'), [
    'by,category,count,selected,selection_rate,impact_ratio,small',
    "sex,'=1+1,1,1,1,1,false",
    'sex,"a ""b"", c",1,0,0,0,false',
    ',unknown,0,,,,',
    ',total,2,,,,',
    '',
  ])
})
