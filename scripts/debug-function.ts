/**
 * A terminal for pdb in a function's sandbox. Nothing can attach to a sandbox from outside, so the function calls this
 * program, as `npm run dev` allows. `-- --port 4503`: another port.
 */

import { createServer, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { LOOPBACK, PORTS } from './dev/ports.ts'

const { values } = parseArgs({ options: { port: { type: 'string', default: String(PORTS.functions) } } })
const port = Number(values.port)
if (!/^\d{1,5}$/.test(values.port) || port < 1 || port > 65_535) {
  fail(`--port: expected a number from 1 to 65535, found ${JSON.stringify(values.port)}.`)
}

const BREAKPOINT = [
  `import pdb, socket; _io = socket.create_connection(("${LOOPBACK}", ${port})).makefile("rw")`,
  'pdb.Pdb(stdin=_io, stdout=_io).set_trace()',
].join('; ')

const server = createServer(talk)
// One terminal serves one function.
server.maxConnections = 1
server.on('error', (error) => fail(`Cannot listen on ${LOOPBACK}:${port} (${error.message}). Choose another --port.`))
server.listen(port, LOOPBACK, () => {
  process.stdout.write(`Put this line where the function shall stop, save and run it:\n\n${BREAKPOINT}\n\n`)
  process.stdout.write(`Waiting for it on ${LOOPBACK}:${port}. Ctrl-C ends the wait.\n`)
})

function talk(socket: Socket): void {
  process.stdout.write(
    '\nA function has stopped. n: next line, s: step into, c: continue, p NAME: print, l: list, h: help.\n',
  )
  const send = (typed: Buffer): void => void socket.write(typed)
  process.stdin.on('data', send)
  // A function's timeout resets the connection.
  socket.on('error', () => {})
  socket.on('data', (printed) => process.stdout.write(printed))
  socket.on('close', () => {
    process.stdin.removeListener('data', send)
    process.stdout.write('\nThe function goes on without the debugger. Waiting for the next.\n')
  })
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
