import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSimilar } from '../../../src/domain/shared/similar.ts'

test('words are found in any order, and with a typing error', () => {
  for (const [typed, isFound] of [
    ['007 payroll', true],
    ['payrol 007', true],
    ['pyaroll', true],
    ['pairoll hok', false],
    ['hok', false],
    ['hoook', true],
    ['synchronisaton', true],
    ['syncronisaton', true],
    ['sinkronisaton', false],
    ['payslip', false],
  ] as const)
    assert.equal(isSimilar(typed.split(' '), 'payroll hook 007 (synchronisation)'), isFound, typed)
})
