/** A separate program: its pool has no sandbox, its function leaves a daemon, and it dies during the run. */

import { makeJob, openPool } from './pool.ts'

const pool = await openPool({ spares: false, sandbox: 'none' })
const source = `import os, time
def workflow(_request, settings):
    begins, held = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp('sleep', ['sleep', _request['case']])
        os._exit(0)
    os.close(held)
    os.read(begins, 1)
    print('it is another program now')
    time.sleep(1000)
`
const die = () => process.kill(process.pid, 'SIGKILL')
await pool.execute(makeJob({ source, case: process.argv[2] ?? '1000', onLog: die }))
