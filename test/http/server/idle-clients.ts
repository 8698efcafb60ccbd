/** Opens COUNT connections and sends nothing on them: `idle-clients.ts URL COUNT`. Prints how many it has opened and how many are left. */

import { connect } from 'node:net'

const [, , url = '', count = '0'] = process.argv
const { hostname, port } = new URL(url)
let closed = 0
for (let opened = 0; opened < Number(count); opened += 1) {
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.on('connect', () => resolve())
    socket.on('error', () => resolve())
    socket.on('close', () => {
      closed += 1
    })
  })
}
process.stdout.write(`opened ${count}\n`)
setInterval(() => process.stdout.write(`closed ${closed}\n`), 100)
