import { useConnection } from '../lib/live.ts'
import { useMay } from '../lib/requests/get-me.ts'
import { useSystem } from '../lib/requests/get-system.ts'
import classes from './shell.module.css'

/** What everybody must know on every page: no connection, no sandbox. */
export function Banners() {
  const connection = useConnection()
  const system = useSystem()
  const mayWrite = useMay('write')
  return (
    <>
      {connection === 'offline' ? (
        <div className={`${classes.banner} ${classes.offline}`} role="status">
          The server can’t be reached. What you see may be old; this page connects again by itself.
        </div>
      ) : null}
      {mayWrite ? null : (
        <div className={classes.banner} role="status">
          You may look at everything here and change nothing. An owner can give you another role.
        </div>
      )}
      {system.data?.sandbox?.tier === 'landlock' ? (
        <div className={`${classes.banner} ${classes.offline}`} role="status">
          Fewer walls: this machine has no user namespaces, so Landlock stands around functions. Settings, System says
          what does not stand.
        </div>
      ) : null}
      {system.data?.sandbox?.tier === 'none' ? (
        <div className={`${classes.banner} ${classes.danger}`} role="alert">
          No sandbox: functions run without walls. Run only code that you trust, or install bubblewrap and start again.
        </div>
      ) : null}
    </>
  )
}
