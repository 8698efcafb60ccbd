/** In which order `npm test` starts the files: no processor waits at the end for one long file. */

/** They take longer than a minute each on two busy processors, so they start first; the end of a run lists the slowest. */
export const LONG = [
  'test/runtimes/sandboxes.test.ts',
  'test/web/pages.test.ts',
  'test/chaos/chaos.test.ts',
  'test/cli/commands.test.ts',
  'test/web/editor.test.ts',
  'test/commands/scheduled-backups.test.ts',
  'test/jobs/scheduler.test.ts',
  'test/web/controls.test.ts',
  'test/http/auth/accounts.test.ts',
  'test/scripts/dev.test.ts',
] as const

type Kinds = {
  /** Every file. */
  readonly files: readonly string[]
  readonly isApp: (file: string) => boolean
  /** Whether it needs neither server nor browser nor sandbox. */
  readonly isQuick: (file: string) => boolean
}

/**
 * First the long files, last the quick ones. Between them, those of the app are spread evenly among the others: browsers keep
 * the processors busy while the others wait for servers and sandboxes.
 */
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

/** Each of `few` after as many of `many` as there are for each. */
function spread(few: readonly string[], many: readonly string[]): readonly string[] {
  const placed = (list: readonly string[]) => list.map((file, index) => ({ file, at: (index + 0.5) / list.length }))
  return [...placed(few), ...placed(many)].toSorted((a, b) => a.at - b.at).map(({ file }) => file)
}
