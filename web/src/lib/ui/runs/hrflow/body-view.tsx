import { Button, Stack } from '@mantine/core'
import { useMemo, useState } from 'react'
import { t } from '../../../i18n/t.ts'
import { TextBlock } from '../../text/text-block.tsx'
import { EntityCard } from './entity-card.tsx'
import { findEntity } from './find-entity.ts'

/** Shows HrFlow's profile or job as a card, with its text one click away. */
export function BodyView({ text, label }: { text: string; label: string }) {
  const entity = useMemo(() => findEntity(text), [text])
  const [isRaw, setRaw] = useState(false)
  if (entity === null) return <TextBlock label={label} text={text} />
  return (
    <Stack gap="xs" align="stretch">
      <EntityCard entity={entity} />
      <Button
        size="compact-sm"
        variant="default"
        aria-expanded={isRaw}
        onClick={() => setRaw(!isRaw)}
        style={{ alignSelf: 'flex-start' }}
      >
        {isRaw ? t('Hide JSON') : t('Show JSON')}
      </Button>
      {isRaw ? <TextBlock label={label} text={text} /> : null}
    </Stack>
  )
}
