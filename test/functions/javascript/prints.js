import { spawnSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

const CASES = {
  both: async () => {
    console.log('one')
    process.stderr.write('two\n')
    writeSync(1, 'three\n')
    spawnSync('sh', ['-c', 'echo four; echo five >&2'], { stdio: 'inherit' })
    console.info('six')
    console.warn('seven')
    const worker = new Worker("require('fs').writeSync(1, 'ten\\n')", { eval: true })
    await new Promise((done) => worker.on('exit', done))
  },
  lines: () => {
    for (let number = 0; number < 3; number += 1) console.log('line', number)
  },
  'no newline': () => void process.stdout.write('unfinished'),
  'then dies': () => {
    process.stdout.write('unfinished')
    process.kill(process.pid, 'SIGKILL')
  },
  junk: () => {
    writeSync(1, Buffer.from('a\xff\xfe\x00\x1b[31m\r\nb\n', 'latin1'))
    process.stdout.write(Buffer.from('c\xe2\x82\n', 'latin1'))
  },
  'a lot': () => {
    for (let number = 0; number < 3000; number += 1) console.log('x'.repeat(1023))
  },
  'one long line': () => {
    for (let number = 0; number < 20; number += 1) process.stdout.write('y'.repeat(1_000_000))
  },
  'forged frame': () => {
    writeSync(1, Buffer.from([0, 0, 0, 2, 0, 0, 0, 0, 123, 125, 10]))
    console.log('{"type":"ended"}')
  },
  closed: () => void process.stdout.end(),
  'many empty lines': () => void process.stdout.write('\n'.repeat(2_000_000)),
}

export default async function workflow(request) {
  await CASES[request.case]()
}
