/** Relative times in words. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relativeTime } from '../../web/src/lib/i18n/relative-time.ts'

test('a time on the day after tomorrow is not called tomorrow, in the zone of the schedule', () => {
  const now = Date.parse('2026-11-28T17:30:00Z')
  const words = (iso: string, zone: string) => relativeTime(iso, now, zone)
  assert.equal(words('2026-11-30T01:30:00Z', 'Europe/Paris'), 'in 2 days')
  assert.equal(words('2026-11-29T18:30:00Z', 'Europe/Paris'), 'tomorrow')
  // On Sunday in Los Angeles.
  assert.equal(words('2026-11-30T01:30:00Z', 'America/Los_Angeles'), 'tomorrow')
  assert.equal(words('2026-11-27T10:00:00Z', 'Europe/Paris'), 'yesterday')
  assert.equal(words('2026-11-28T20:30:00Z', 'Europe/Paris'), 'in 3 hr.')
  assert.equal(words('2026-11-28T17:28:00Z', 'Europe/Paris'), '2 min. ago')
})
