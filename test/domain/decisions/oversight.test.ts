import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OverseenDecision, oversightFigures } from '../../../src/domain/decisions/oversight.ts'

const LEA = { id: 'user_1', name: 'Léa' }
const MAX = { id: 'user_2', name: 'Max' }

const answered = (reviewer: typeof LEA, outcome: string, secondsOpen: number): OverseenDecision => ({
  status: 'decided',
  proposed: 'reject',
  outcome,
  reviewer,
  secondsOpen,
})
const open = (status: 'pending' | 'expired'): OverseenDecision => ({
  status,
  proposed: 'reject',
  outcome: null,
  reviewer: null,
  secondsOpen: null,
})

test('a made-up month has the figures that were counted by hand', () => {
  const month = [
    answered(LEA, 'reject', 4),
    answered(LEA, 'reject', 9.5),
    answered(LEA, 'reject', 10),
    answered(MAX, 'invite', 300),
    answered(MAX, 'reject', 120),
    answered(LEA, 'reject', 6),
    open('expired'),
    open('pending'),
  ]
  assert.deepEqual(oversightFigures(month), {
    proposed: 8,
    agreed: 5,
    overruled: 1,
    expired: 1,
    median_seconds: 9.75,
    under_10_seconds: 3,
    reviewers: [
      { id: 'user_1', name: 'Léa', answered: 4, agreed: 4, median_seconds: 7.75 },
      { id: 'user_2', name: 'Max', answered: 2, agreed: 1, median_seconds: 210 },
    ],
  })
})

test('a month without decisions has no median', () => {
  const { median_seconds, reviewers, proposed } = oversightFigures([])
  assert.deepEqual([median_seconds, reviewers, proposed], [null, [], 0])
})
