import { Button, Group, Text } from '@mantine/core'
import IconDownload from '@tabler/icons-react/icons/IconDownload'
import { t } from '../../i18n/t.ts'
import { bytes } from '../../numbers.ts'
import { bodyPath } from '../../requests/runs/run-body.ts'

type Props = { runId: string; part: 'request' | 'response'; size: number; onLoad?: () => void; isLoading?: boolean }

export function LargeBody({ runId, part, size, onLoad, isLoading = false }: Props) {
  return (
    <Group gap="sm">
      <Text size="sm" c="dimmed">
        {bytes(size)}
      </Text>
      <Button
        component="a"
        href={bodyPath(runId, part)}
        download
        size="compact-sm"
        variant="default"
        leftSection={<IconDownload size={14} aria-hidden />}
      >
        {t('Download body')}
      </Button>
      {onLoad === undefined ? null : (
        <Button size="compact-sm" variant="default" loading={isLoading} onClick={onLoad}>
          {t('Show fields and files')}
        </Button>
      )}
    </Group>
  )
}
