import { callCommand } from './call.ts'
import { readEnvironment } from './environment.ts'
import { connect } from './session.ts'
import { createTerminal } from './terminal.ts'

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

// A reader such as `head` closed the pipe.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
const environment = readEnvironment()
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
process.exitCode = await callCommand(process.argv.slice(2), {
  environment,
  terminal: createTerminal(environment),
  stop: stop.signal,
  connect: () => connect(environment),
  readStdin,
})
