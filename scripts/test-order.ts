/** No processor should wait at the end for one long file. */

import { parseArgs } from 'node:util'

/** Over 60 s each on two processors. */
export const LONG = [
  'test/web/pages.test.ts',
  'test/chaos/chaos.test.ts',
  'test/web/editor.test.ts',
  'test/scripts/dev.test.ts',
  'test/web/test-panel.test.ts',
  'test/commands/users.test.ts',
  'test/runtimes/sandboxes.test.ts',
  'test/fuzz/api.test.ts',
  'test/http/server/hostile-bodies.test.ts',
  'test/scripts/set-up/environments.test.ts',
  'test/runtimes/node/forks.test.ts',
  'test/web/dialogs.test.ts',
  'test/web/controls.test.ts',
  'test/web/requests.test.ts',
  'test/contract/privacy.test.ts',
  'test/web/people.test.ts',
  'test/contract/lanes.test.ts',
  'test/web/editor-tools.test.ts',
  'test/web/french.test.ts',
  'test/contract/slots.test.ts',
  'test/web/packages.test.ts',
  'test/runtimes/node/runtime.test.ts',
] as const

type Kinds = {
  readonly files: readonly string[]
  readonly isApp: (file: string) => boolean
  readonly isQuick: (file: string) => boolean
}

/** Long files first, quick ones last. Files of the app are spread, because browsers keep processors busy. */
export function orderTests({ files, isApp, isQuick }: Kinds): readonly string[] {
  const isLong = (file: string): boolean => LONG.some((long) => long === file)
  const rest = files.filter((file) => !isLong(file))
  const middle = rest.filter((file) => !isQuick(file))
  return [
    ...LONG.filter((long) => files.includes(long)),
    ...spread(
      middle.filter((file) => isApp(file)),
      middle.filter((file) => !isApp(file)),
    ),
    ...rest.filter((file) => isQuick(file)),
  ]
}

function spread(few: readonly string[], many: readonly string[]): readonly string[] {
  const placed = (list: readonly string[]) => list.map((file, index) => ({ file, at: (index + 0.5) / list.length }))
  return [...placed(few), ...placed(many)].toSorted((a, b) => a.at - b.at).map(({ file }) => file)
}

/** `index` starts at 1. */
export type Shard = { readonly index: number; readonly count: number }

export function readShard(args: readonly string[]): Shard {
  const { values } = parseArgs({ args: [...args], options: { shard: { type: 'string', default: '1/1' } } })
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(values.shard) ?? []).map(Number)
  if (index < 1 || index > count) throw new Error(`Expected --shard 1/6, got --shard ${values.shard}.`)
  return { index, count }
}

export const takeShard = (ordered: readonly string[], { index, count }: Shard): readonly string[] =>
  ordered.filter((_, position) => position % count === index - 1)
