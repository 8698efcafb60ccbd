/** Callers whose servers are killed while functions decide. */

import { DECISION_POINTS, type FailPoint } from '../fail-points.ts'
import { ACTIVE, type Context, DECIDED, readNumber, sleep, untilNumber, urlsOf } from './context.ts'
import { apply } from './load.ts'

const CALLERS = 8

/** Each third kill comes from outside. */
const MOMENTS: readonly (FailPoint | null)[] = [...DECISION_POINTS, null]

/** Servers die at even shares of the decisions. Returns how many died by themselves at a decision. */
export async function decideAndDie(context: Context): Promise<number> {
  const { options, tables } = context
  const calling = callAll(context)
  let met = 0
  const killing = async () => {
    const share = options.decisions / (options.kills + 1)
    for (let kill = 1; kill <= options.kills; kill += 1) {
      await untilNumber(tables, DECIDED, (count) => count >= Math.floor(share * kill))
      const moment = MOMENTS[(kill - 1) % MOMENTS.length] ?? null
      if (await killOne(context, moment, Math.floor(share * (kill + 1)))) met += 1
    }
  }
  await Promise.all([calling, killing()])
  await untilNumber(tables, ACTIVE, (count) => count === 0)
  return met
}

async function callAll({ random, live, chains }: Context): Promise<void> {
  const calls = chains.flatMap(({ workflow, ledger }) =>
    ledger.map((application) => ({ workflow, application, at: random.next() })),
  )
  calls.sort((one, other) => one.at - other.at)
  const call = async () => {
    for (let next = calls.pop(); next !== undefined; next = calls.pop())
      await apply(next.workflow, next.application, () => urlsOf(live), random)
  }
  await Promise.all(Array.from({ length: CALLERS }, call))
}

/** Returns whether the server died at its moment. Null, and no such moment before `until`: it is killed from outside. */
async function killOne(
  { random, live, servers, tables }: Context,
  moment: FailPoint | null,
  until: number,
): Promise<boolean> {
  const index = random.whole(0, live.length - 1)
  const victim = live[index]
  if (victim === undefined) throw new Error('no server is alive')
  if (moment !== null) victim.arm({ point: moment, count: random.whole(1, 4), delayMs: random.next() * 3 })
  while (moment !== null && victim.isAlive() && (await readNumber(tables, DECIDED)) < until) await sleep(20)
  const isMet = moment !== null && !victim.isAlive()
  await victim.kill('SIGKILL')
  live[index] = await servers.start()
  return isMet
}
