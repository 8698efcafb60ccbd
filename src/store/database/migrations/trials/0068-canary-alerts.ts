/** Adds the new alert type to rules that name all types. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

const ALL_BEFORE = '"on":["failing","recovered","missed_tick","dead_letter"]'
const ALL_NOW = '"on":["failing","recovered","missed_tick","dead_letter","canary_aborted"]'

export const canaryAlerts: Migration = {
  number: 68,
  name: 'canary-alerts',
  async up(db) {
    for (const [table, column] of [
      ['workflows', 'alerts_json'],
      ['alert_defaults', 'rule_json'],
    ] as const)
      await sql`update ${sql.table(table)} set ${sql.ref(column)} = replace(${sql.ref(column)}, ${sql.lit(ALL_BEFORE)}, ${sql.lit(ALL_NOW)})
        where ${sql.ref(column)} is not null`.execute(db)
  },
}
