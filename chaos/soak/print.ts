/** Prints a soak as tables. */

import { cpus } from 'node:os'
import { runSoak } from './soak.ts'
import type { Minute } from './verdict.ts'

/** Prints a row for each minute and one for each verdict. Returns whether something was not flat, or a call failed. */
export async function printSoak(minutes: number, warmUpMinutes: number): Promise<boolean> {
  if (!(minutes >= 2 && warmUpMinutes >= 0)) throw new Error('a slope needs at least two minutes')
  printRow(
    ...['minute', 'calls', 'failed', 'memory, MiB', 'heap', "other processes'", 'descriptors', 'processes'],
    ...['database, MiB', 'its log', 'load of the machine'],
  )
  printRow(...Array<string>(11).fill('---'))
  let [calls, failed] = [0, 0]
  const onMinute = (minute: Minute) => {
    printMinute(minute)
    calls += minute.calls
    failed += minute.failed
  }
  const { most, verdicts } = await runSoak({ minutes, warmUpMinutes, onMinute })
  const made = calls / (60 * (minutes + warmUpMinutes))
  console.log(
    `\n${cpus().length} processors; ${most.toFixed(0)} calls a second at most, ${(most / 2).toFixed(0)} wanted, ${made.toFixed(0)} made; ${failed} of ${calls} failed.\n`,
  )
  printRow(`over ${minutes} measured minutes`, 'level', 'growth', 'bound', 'verdict')
  printRow(...Array<string>(5).fill('---'))
  for (const { what, level, growth, bound, isFlat } of verdicts) {
    printRow(what, level.toFixed(1), growth.toFixed(1), bound.toFixed(1), isFlat ? 'flat' : 'NOT FLAT')
  }
  return failed > 0 || verdicts.some(({ isFlat }) => !isFlat)
}

function printMinute(minute: Minute): void {
  const { rssMib, heapMib, othersMib, databaseMib, logMib } = minute
  const whole = [rssMib, heapMib, othersMib].map((mib) => mib.toFixed(0))
  const disk = [databaseMib, logMib].map((mib) => mib.toFixed(1))
  printRow(
    `${minute.minute}${minute.isWarmUp ? ', warm-up' : ''}`,
    ...[minute.calls, minute.failed].map(String),
    ...whole,
    ...[minute.descriptors, minute.processes].map(String),
    ...disk,
    minute.load.toFixed(1),
  )
}

function printRow(...cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`)
}
