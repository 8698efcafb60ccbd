import { Alert, Button, Group, Text } from '@mantine/core'
import type { Setting } from '../../lib/requests/get-settings.ts'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { SettingText } from '../../lib/ui/runs/settings-changes.tsx'
import { ActorName } from './actor-name.tsx'

type Props = { setting: Setting; onOverwrite: () => void; onTakeTheirs: () => void }

/** Somebody else changed the property that is being edited: what they wrote, and the choice. */
export function StaleProperty({ setting, onOverwrite, onTakeTheirs }: Props) {
  return (
    <Alert color="yellow" variant="light" mt={6} p="xs" role="status">
      <Text size="sm" component="div">
        Changed <RelativeTime at={setting.updated_at} /> by <ActorName actor={setting.updated_by} /> while you were
        editing. {setting.secret ? 'The value is secret.' : 'Current value:'}
      </Text>
      {setting.secret ? null : <SettingText text={setting.value} />}
      <Group gap="xs" mt={6}>
        <Button size="compact-sm" variant="default" onClick={onTakeTheirs}>
          Use theirs
        </Button>
        <Button size="compact-sm" variant="default" color="red" onClick={onOverwrite}>
          Keep mine
        </Button>
      </Group>
    </Alert>
  )
}
