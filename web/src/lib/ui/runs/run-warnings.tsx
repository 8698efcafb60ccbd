import { Alert } from '@mantine/core'
import IconAlertTriangle from '@tabler/icons-react/icons/IconAlertTriangle'
import { t } from '../../i18n/t.ts'
import { type Run, reportsFailure } from '../../requests/runs/run.ts'
import { visible } from '../../text.ts'
import { serverWords } from '../server-words.ts'

export function RunWarnings({ run }: { run: Run }) {
  return run.warnings.map((warning) => {
    const isFailure = warning.code === 'reported_failure' && reportsFailure(run)
    return (
      <Alert
        key={`${warning.code} ${warning.key} ${warning.message}`}
        color={isFailure ? 'red' : 'yellow'}
        variant="light"
        icon={<IconAlertTriangle aria-hidden />}
        title={isFailure ? t('The function reported a failure') : t('Warning: {code}', { code: warning.code })}
        role={isFailure ? 'alert' : undefined}
      >
        <span className="wrap">{visible(serverWords(warning.message))}</span>
      </Alert>
    )
  })
}
