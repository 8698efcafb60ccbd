import { Select, Stack } from '@mantine/core'
import { useMemo, useState } from 'react'
import { t } from '../../../../lib/i18n/t.ts'
import { languageOfCode, sourceName } from '../../../../lib/kinds.ts'
import { LazyCompare } from '../code/lazy-compare.tsx'
import { type Code, changedPaths, pathsOf, textOf } from '../text/code.ts'

type CodeSide = { readonly label: string; readonly code: Code }
type Props = { before: CodeSide | null; after: CodeSide }

const SOURCE = ''

/** Opens a differing file. */
export function CompareCode({ before, after }: Props) {
  const changed = before === null ? [] : changedPaths(before.code, after.code)
  const [chosen, setChosen] = useState<string | null>(null)
  const files = [...new Set([before, after].flatMap((side) => (side === null ? [] : pathsOf(side.code))))].sort()
  const known = chosen !== null && (chosen === SOURCE || files.includes(chosen)) ? chosen : null
  const shown = known ?? changed[0] ?? SOURCE
  const path = shown === SOURCE ? null : shown
  const [old, now] = [before === null ? null : textOf(before.code, path), textOf(after.code, path)]
  const sides = useMemo(
    () => ({
      before: before === null || old === null ? null : { label: before.label, source: old },
      after: { label: after.label, source: now },
    }),
    [before, after, old, now],
  )
  const source = sourceName(languageOfCode(after.code.source))
  const data = [SOURCE, ...files].map((file) => {
    const name = file === SOURCE ? source : file
    return {
      value: file,
      label: changed.includes(file === SOURCE ? null : file) ? t('{name}, changed', { name }) : name,
    }
  })
  return (
    <Stack gap="sm">
      {files.length === 0 ? null : (
        <Select
          size="xs"
          label={t('File')}
          data={data}
          value={shown}
          allowDeselect={false}
          onChange={setChosen}
          style={{ alignSelf: 'start' }}
        />
      )}
      <LazyCompare {...sides} />
    </Stack>
  )
}
