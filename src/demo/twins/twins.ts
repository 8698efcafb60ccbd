/** docs/reference/demo.md lists what each twin lacks. */

import { createData } from './data/data.ts'
import { createHooks, hmacHex } from './server/hooks.ts'
import { createOAuth } from './server/oauth.ts'
import { type RunningTwin, serveTwin } from './server/serve.ts'
import type { Vendor } from './server/twin.ts'
import { greenhouse } from './vendors/greenhouse.ts'
import { lever } from './vendors/lever.ts'
import { recruitee } from './vendors/recruitee.ts'
import { slack } from './vendors/slack.ts'
import { smartrecruiters } from './vendors/smartrecruiters.ts'
import { teamtailor } from './vendors/teamtailor.ts'
import { workable } from './vendors/workable.ts'

export type { RunningTwin }

export type TwinOptions = {
  /** A restart with the same key has the same credentials. */
  readonly key: Buffer
  readonly isOwn: (url: string) => boolean
  readonly now: () => number
}

const VENDORS: Readonly<Record<string, Vendor>> = {
  greenhouse,
  smartrecruiters,
  lever,
  workable,
  recruitee,
  teamtailor,
  slack,
}

export async function startTwins(options: TwinOptions): Promise<readonly RunningTwin[]> {
  return await Promise.all(Object.entries(VENDORS).map(([name, vendor]) => startTwin(name, vendor, options)))
}

async function startTwin(name: string, vendor: Vendor, { key, isOwn, now }: TwinOptions): Promise<RunningTwin> {
  const [data, oauth] = [createData(), createOAuth()]
  const isAt = (url: string, path: string): boolean => isOwn(url) && new URL(url).pathname.startsWith(path)
  const twin = vendor({
    data,
    oauth,
    secret: (label, digits = 32) => hmacHex(key, `demo twin ${name} ${label}`).slice(0, digits),
    createHooks: (form) => createHooks(form, { isTarget: (url) => isAt(url, '/hooks/'), now }),
    isCallback: (url) => isAt(url, '/connections/callback'),
  })
  return await serveTwin({ twin, data, oauth, now })
}
