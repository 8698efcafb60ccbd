import { Text } from '@mantine/core'
import { t } from '../../../../lib/i18n/t.ts'
import { useBuildLog } from '../../../../lib/requests/environments.ts'
import { LogLines } from '../../../../lib/ui/text/log-view.tsx'

type Props = {
  environmentId: string
  build: string
  follow: boolean
}

export function BuildLog({ environmentId, build, follow }: Props) {
  const lines = useBuildLog(environmentId, build)
  if (lines.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="md">
        {follow ? t('Waiting for output…') : t('The output of builds is kept until the server restarts.')}
      </Text>
    )
  }
  return <LogLines label={t('Build log')} lines={lines} follow={follow} search="" />
}
