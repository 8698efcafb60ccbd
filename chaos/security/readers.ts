/** Finding 4: 120 clients without a key ask for the script of the API's page, and never read. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { memoryOf, mib, type Program } from './program.ts'

const CLIENTS = `
import socket, sys, time
port = int(sys.argv[1])
clients = []
for _ in range(120):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(('127.0.0.1', port))
    client.sendall(b'GET /api/docs/js/scalar.js HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n')
    clients.append(client)
print(flush=True)
time.sleep(90)
`

export async function prove({ start, say }: Program): Promise<void> {
  const server = await start()
  const report = (when: string) =>
    say(
      `${when}: memory of the server ${mib(memoryOf(server.process.pid))}, sockets that it holds ${socketsOf(server.process.pid)}`,
    )
  try {
    await (await fetch(`${server.url}/api/docs/js/scalar.js`)).arrayBuffer()
    report('before')
    const child = spawn('python3', ['-c', CLIENTS, new URL(server.url).port], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    for (const [wait, when] of [
      [10, 'after 10 s'],
      [55, 'after 65 s'],
    ] as const) {
      await new Promise((done) => setTimeout(done, wait * 1000))
      report(when)
    }
    child.kill()
  } finally {
    await server.close()
  }
}

/** The clients' side does not show it: behind a full window, the end of a connection does not arrive. */
const socketsOf = (pid: number | undefined): number =>
  readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')
    } catch {
      return false
    }
  }).length
