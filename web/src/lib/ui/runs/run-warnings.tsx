import { Alert, Anchor } from '@mantine/core'
import IconAlertTriangle from '@tabler/icons-react/icons/IconAlertTriangle'
import { Link } from 'react-router'
import { t } from '../../i18n/t.ts'
import { serverWords } from '../../notices/server-words.ts'
import { useMay } from '../../requests/get-me.ts'
import { useNetwork } from '../../requests/network.ts'
import { type Run, reportsFailure } from '../../requests/runs/run.ts'
import { visible } from '../../text.ts'

/** An owner can allow this address (runtimes/egress/policy.py). */
const BY_OWNER = /^blocked: (\S{1,300}) .*An owner can allow it under Settings → Network\.$/

function AllowHost({ message }: { message: string }) {
  const [, host] = BY_OWNER.exec(message) ?? []
  const isOwner = useMay('admin')
  const owners = useNetwork(host !== undefined && !isOwner).data?.owners ?? []
  if (host === undefined) return null
  if (!isOwner)
    return owners.length === 0 ? null : <div>{t('Owners: {names}', { names: owners.map(visible).join(', ') })}</div>
  return (
    <div>
      <Anchor component={Link} to={`/settings/network?host=${encodeURIComponent(host)}`} inherit underline="always">
        {t('Allow {host}', { host })}
      </Anchor>
    </div>
  )
}

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
        {warning.code === 'egress_blocked' ? <AllowHost message={warning.message} /> : null}
      </Alert>
    )
  })
}
