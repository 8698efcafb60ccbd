import { t } from '../lib/i18n/t.ts'
import { useConnection } from '../lib/live.ts'
import { useMay, useMe } from '../lib/requests/get-me.ts'
import { useSystem } from '../lib/requests/get-system.ts'
import classes from './shell.module.css'

export function Banners() {
  const connection = useConnection()
  const system = useSystem()
  const mayWrite = useMay('write')
  const isApprover = useMe().data?.role === 'approver'
  return (
    <>
      {connection === 'offline' ? (
        <div className={`${classes.banner} ${classes.offline}`} role="status">
          {t('The server can’t be reached. This page may be out of date; it reconnects automatically.')}
        </div>
      ) : null}
      {mayWrite || isApprover ? null : (
        <div className={classes.banner} role="status">
          {t('You have view-only access. Ask an owner for edit rights.')}
        </div>
      )}
      {system.data?.sandbox?.tier === 'landlock' ? (
        <div className={`${classes.banner} ${classes.offline}`} role="status">
          {t(
            'Reduced isolation: this machine has no user namespaces, so only Landlock isolates functions. Settings, System lists what is missing.',
          )}
        </div>
      ) : null}
      {system.data?.sandbox?.tier === 'none' ? (
        <div className={`${classes.banner} ${classes.danger}`} role="alert">
          {t(
            'No sandbox: functions run without isolation. Run only code that you trust, or install bubblewrap and restart.',
          )}
        </div>
      ) : null}
    </>
  )
}
