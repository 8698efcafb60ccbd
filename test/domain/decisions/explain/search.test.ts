import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SearchPlan } from '../../../../src/domain/decisions/explain/change.ts'
import { searchChanges } from '../../../../src/domain/decisions/explain/search.ts'

type Rule = {
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: a request is any JSON
  readonly decide: (request: any) => boolean
  readonly request: object
  /** The smallest change: new values by path. */
  readonly smallest: Readonly<Record<string, unknown>>
  readonly others?: readonly object[]
  readonly values?: Readonly<Record<string, readonly unknown[]>>
}

const PERSON = { years: 3, degree: 'BSc', remote: false, skills: ['sql', 'excel'], salary: 45_000, city: 'Lyon' }

const RULES: readonly Rule[] = [
  { name: 'a number at least', decide: ({ years }) => years >= 5, request: PERSON, smallest: { '/years': 5 } },
  { name: 'a number above', decide: ({ years }) => years > 8, request: PERSON, smallest: { '/years': 9 } },
  {
    name: 'a number at most',
    decide: ({ salary }) => salary <= 41_237,
    request: PERSON,
    smallest: { '/salary': 41_237 },
  },
  {
    name: 'a large number',
    decide: ({ salary }) => salary >= 98_765,
    request: PERSON,
    smallest: { '/salary': 98_765 },
  },
  { name: 'a range', decide: ({ years }) => years >= 10 && years <= 11, request: PERSON, smallest: { '/years': 10 } },
  {
    name: 'a decimal',
    decide: ({ score }) => score >= 0.75,
    request: { score: 0.62 },
    smallest: { '/score': 0.75 },
  },
  { name: 'a boolean', decide: ({ remote }) => remote, request: PERSON, smallest: { '/remote': true } },
  {
    name: 'a list without one element',
    decide: ({ skills }) => !skills.includes('excel'),
    request: PERSON,
    smallest: { '/skills': ['sql'] },
  },
  {
    name: 'a number in a list',
    decide: ({ scores }) => scores[1] >= 10,
    request: { scores: [12, 7] },
    smallest: { '/scores/1': 10 },
  },
  {
    name: 'a list with an element that others have',
    decide: ({ skills }) => skills.includes('python'),
    request: PERSON,
    others: [{ skills: ['python', 'r'] }, { skills: ['python'] }],
    smallest: { '/skills': ['sql', 'excel', 'python'] },
  },
  {
    name: 'a text that others have',
    decide: ({ degree }) => degree === 'MSc',
    request: PERSON,
    others: [{ degree: 'PhD' }, { degree: 'MSc' }],
    smallest: { '/degree': 'MSc' },
  },
  {
    name: 'a text that was given',
    decide: ({ city }) => city === 'Paris',
    request: PERSON,
    values: { '/city': ['Nice', 'Paris'] },
    smallest: { '/city': 'Paris' },
  },
  {
    name: 'a nested number',
    decide: ({ candidate }) => candidate.tests[1].points >= 60,
    request: { candidate: { tests: [{ points: 90 }, { points: 41 }] } },
    smallest: { '/candidate/tests/1/points': 60 },
  },
  {
    name: 'a number in a text',
    decide: ({ years }) => Number(years) >= 7,
    request: { years: '4' },
    smallest: { '/years': '7' },
  },
  {
    name: 'a date',
    decide: ({ available }) => available <= '2026-02-01',
    request: { available: '2026-03-15' },
    smallest: { '/available': '2026-02-01' },
  },
  {
    name: 'a field that is missing',
    decide: ({ licence }) => licence === 'B',
    request: PERSON,
    others: [{ licence: 'B' }],
    smallest: { '/licence': 'B' },
  },
  {
    name: 'a sum of points',
    decide: ({ years, skills }) => 2 * years + 3 * skills.length >= 16,
    request: PERSON,
    smallest: { '/years': 5 },
  },
  {
    name: 'a number and a boolean',
    decide: ({ years, remote }) => years >= 6 && remote,
    request: PERSON,
    smallest: { '/years': 6, '/remote': true },
  },
  {
    name: 'two numbers',
    decide: ({ years, salary }) => years >= 4 && salary <= 40_000,
    request: PERSON,
    smallest: { '/years': 4, '/salary': 40_000 },
  },
  {
    name: 'a number and a text',
    decide: ({ years, degree }) => years >= 12 && degree === 'MSc',
    request: PERSON,
    others: [{ degree: 'MSc' }],
    smallest: { '/years': 12, '/degree': 'MSc' },
  },
  {
    name: 'a boolean and a list',
    decide: ({ remote, skills }) => remote && skills.length < 2,
    request: PERSON,
    smallest: { '/remote': true, '/skills': ['excel'] },
  },
]

function search(rule: Rule, { maxRuns = 500, fields = null }: Partial<Pick<SearchPlan, 'maxRuns' | 'fields'>> = {}) {
  const before = JSON.stringify(rule.request)
  const plan: SearchPlan = {
    document: rule.request,
    others: rule.others ?? [],
    fields,
    values: new Map(Object.entries(rule.values ?? {})),
    outcome: rule.decide(rule.request) ? 'invite' : 'reject',
    maxRuns,
  }
  const steps = searchChanges(plan)
  let runs = 0
  for (let step = steps.next(); ; ) {
    if (step.done) {
      assert.equal(JSON.stringify(rule.request), before)
      return { changes: step.value, runs }
    }
    runs += step.value.length
    step = steps.next(step.value.map((document) => outcomeOf(rule, document)))
  }
}

function outcomeOf({ decide }: Rule, document: unknown): string | null {
  try {
    return decide(document) ? 'invite' : 'reject'
  } catch {
    return null
  }
}

for (const rule of RULES) {
  test(`the smallest change is found for ${rule.name}`, () => {
    const { changes, runs } = search(rule)
    const [smallest] = changes
    const found = Object.fromEntries(smallest?.fields.map((field) => [field.path, field.new]) ?? [])
    assert.deepEqual(found, rule.smallest, JSON.stringify(changes))
    assert.ok(runs <= 500, `${runs} runs`)
  })
}

test('a search never takes more runs than it may, and finds nothing where there is nothing', () => {
  const never: Rule = { name: '', decide: () => false, request: PERSON, smallest: {} }
  for (const maxRuns of [1, 7, 30, 200]) {
    const { changes, runs } = search(never, { maxRuns })
    assert.deepEqual(changes, [])
    assert.ok(runs <= maxRuns, `${runs} of ${maxRuns}`)
  }
})

test('only chosen fields are changed', () => {
  const either: Rule = { name: '', decide: ({ years, remote }) => years > 4 || remote, request: PERSON, smallest: {} }
  const { changes } = search(either, { fields: ['/remote'] })
  assert.deepEqual(
    changes.map(({ fields }) => fields.map(({ path }) => path)),
    [['/remote']],
  )
})

test('a chosen object stands for its fields', () => {
  const request = { person: { years: 3, town: { name: 'Lyon' } } }
  const others = [{ person: { years: 9, town: { name: 'Nice' } } }]
  const rule: Rule = { name: '', decide: ({ person }) => person.years > 4, request, others, smallest: {} }
  assert.deepEqual(
    search(rule, { fields: ['/person'] }).changes.map(({ fields }) => fields.map(({ path }) => path)),
    [['/person/years']],
  )
})

test('a value is marked with where it comes from, and with how many other requests have it', () => {
  const degree = RULES.find(({ name }) => name === 'a text that others have')
  assert.ok(degree !== undefined)
  const [change] = search(degree).changes
  assert.deepEqual(change?.fields, [{ path: '/degree', old: 'BSc', new: 'MSc', origin: { from: 'other', count: 1 } }])
  assert.equal(change?.outcome, 'invite')
})

test('a field that needs its exact text is left alone', () => {
  const { changes } = search({
    name: '',
    decide: ({ a }) => a > 1,
    request: { a: 1, big: Object.create({}) },
    smallest: {},
  })
  assert.deepEqual(changes[0]?.fields[0]?.new, 2)
})
