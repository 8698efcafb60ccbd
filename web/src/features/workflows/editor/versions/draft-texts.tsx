import { Button, Group, Stack, Text, UnstyledButton } from '@mantine/core'
import { useMemo, useState } from 'react'
import { t } from '../../../../lib/i18n/t.ts'
import { LoadError } from '../../../../lib/ui/load-error.tsx'
import { RelativeTime } from '../../../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../../../lib/ui/rows-skeleton.tsx'
import { type Code, isSameCode } from '../text/code.ts'
import { CompareCode } from './compare-code.tsx'
import { useDraftTexts } from './kept-draft.ts'
import classes from './versions-modal.module.css'

type Props = { workflowId: string; code: Code; onEdit: (code: Code) => void }

const NO_CODE: Code = { source: '', files: {} }

export function DraftTexts({ workflowId, code, onEdit }: Props) {
  const texts = useDraftTexts(workflowId)
  const [chosen, setChosen] = useState<number | null>(null)
  const rows = texts.data?.data ?? []
  const text = rows.find(({ revision }) => revision === chosen) ?? rows[0]
  const before = useMemo(
    () => ({
      label: t('Earlier draft'),
      code: text === undefined ? NO_CODE : { source: text.source, files: text.files },
    }),
    [text],
  )
  const after = useMemo(() => ({ label: t('Editor'), code }), [code])
  if (texts.error !== null) return <LoadError of={texts} />
  if (texts.data === undefined) return <RowsSkeleton rows={6} />
  if (text === undefined)
    return (
      <Text c="dimmed">{t('No earlier drafts. A draft is kept when you discard or save it, and while you type.')}</Text>
    )
  return (
    <div className={classes.columns}>
      <Stack gap={2} className={classes.list}>
        {rows.map(({ revision, at }) => (
          <UnstyledButton
            key={revision}
            className={classes.row}
            aria-current={revision === text.revision}
            onClick={() => setChosen(revision)}
          >
            <Text size="sm">
              <RelativeTime at={at} />
            </Text>
          </UnstyledButton>
        ))}
      </Stack>
      <Stack gap="sm" miw={0}>
        <Group justify="flex-end">
          <Button
            size="xs"
            variant="default"
            onClick={() => onEdit(before.code)}
            disabled={isSameCode(before.code, code)}
          >
            {t('Open in editor')}
          </Button>
        </Group>
        <CompareCode before={before} after={after} />
      </Stack>
    </div>
  )
}
