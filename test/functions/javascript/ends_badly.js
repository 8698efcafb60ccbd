import { spawn } from 'node:child_process'

function loop() {
  for (;;) {}
}

const CASES = {
  abort: () => process.abort(),
  'kill 9': () => process.kill(process.pid, 'SIGKILL'),
  segfault: () => process.kill(process.pid, 'SIGSEGV'),
  'endless loop': () => loop(),
  backtracking: () => /(a+)+$/.test(`${'a'.repeat(40)}b`),
  'blocks signals': () => {
    for (const name of ['SIGTERM', 'SIGINT', 'SIGALRM', 'SIGURG', 'SIGUSR1']) process.on(name, () => {})
    return new Promise((done) => setTimeout(done, 1e8))
  },
  sleeps: () => new Promise((done) => setTimeout(done, 1e8)),
  deadlock: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  daemon: () => {
    spawn('sh', ['-c', 'trap "" TERM; sleep 1000'], { detached: true, stdio: 'ignore' }).unref()
    return new Promise((done) => setTimeout(done, 1e8))
  },
}

export default async function workflow(request, settings) {
  settings.changed = true
  process.stdout.write('before')
  await CASES[request.case]()
}
