/** Finding 3: memory that belongs to no process, beyond the limit of a run. Takes 2 GiB of the machine for some seconds. */

import { readFileSync } from 'node:fs'
import { mib, type Program } from './program.ts'

/** Three memfds of 300 MiB that are written and not mapped. */
const MEMFDS = `
import json, os, time
def workflow(_request, settings):
    chunk, held, problem = b'x' * 1048576, [], None
    try:
        for _ in range(3):
            held.append(os.memfd_create('m'))
            for _ in range(300):
                os.write(held[-1], chunk)
    except OSError as error:
        problem = str(error)
    time.sleep(3)
    return {'status_code': 200, 'body': json.dumps([sum(os.fstat(fd).st_size for fd in held), problem])}
`
/** Eight processes that fill the buffers of socket pairs, at most 120 MiB each. */
const SOCKETS = `
import json, os, socket, time
def workflow(_request, settings):
    reads = []
    for _ in range(8):
        read, write = os.pipe()
        if os.fork() == 0:
            total, held, problem = 0, [], ''
            try:
                while total < 120 * 1048576:
                    pair = socket.socketpair()
                    held.append(pair)
                    for one in pair:
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * 1048576)
                        one.setblocking(False)
                        try:
                            while total < 120 * 1048576:
                                total += one.send(b'x' * 65536)
                        except BlockingIOError:
                            pass
            except Exception as error:
                problem = str(error)
            os.write(write, json.dumps([total, problem]).encode())
            time.sleep(3)
            os._exit(0)
        reads.append(read)
    told = [json.loads(os.read(read, 1000) or b'[0, "ended"]') for read in reads]
    return {'status_code': 200, 'body': json.dumps([sum(total for total, _ in told), told[0][1]])}
`
const AIO = `
import ctypes, json
def workflow(_request, settings):
    libc = ctypes.CDLL(None, use_errno=True)
    context = ctypes.c_ulong(0)
    made = libc.syscall(206, 32, ctypes.byref(context))
    return {'status_code': 200, 'body': json.dumps([made, ctypes.get_errno()])}
`
const SCORE =
  'def workflow(_request, settings):\n    return {"status_code": 200, "body": open("/proc/self/oom_score_adj").read().strip()}\n'

export async function prove({ start, workflows, say }: Program): Promise<void> {
  const server = await start()
  try {
    const ask = async (source: string) => {
      const hook = await workflows.createCatch(server, { source })
      const answer = await workflows.callHook(hook, {})
      const run = await workflows.runOf(server, answer)
      return { text: answer.text, result: `${run.status}${run.code === null ? '' : `, ${run.code}: ${run.message}`}` }
    }
    const shared = watchShared()
    const memfds = await ask(MEMFDS)
    say(
      `memfds, limit 512 MiB: ${memfds.result}; [bytes, problem] ${memfds.text.slice(0, 100)}; shared memory of the machine grew by ${mib(shared.stop())}`,
    )
    const sockets = await ask(SOCKETS)
    say(`unread socket buffers, limit 512 MiB: ${sockets.result}; [bytes, problem] ${sockets.text.slice(0, 100)}`)
    say(`io_setup of AIO, [result, errno]: ${(await ask(AIO)).text.slice(0, 100)}`)
    say(
      `oom_score_adj of a run: ${(await ask(SCORE)).text}; of the server: ${readFileSync(`/proc/${server.process.pid}/oom_score_adj`, 'utf8').trim()}`,
    )
  } finally {
    await server.close()
  }
}

function watchShared(): { stop(): number } {
  const read = () => Number(/^Shmem:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024
  const before = read()
  let most = before
  const timer = setInterval(() => (most = Math.max(most, read())), 50)
  return {
    stop() {
      clearInterval(timer)
      return most - before
    },
  }
}
