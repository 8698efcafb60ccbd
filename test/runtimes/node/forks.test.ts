/** Runs in JavaScript that are forks of a loaded process: what could differ from a new process is equal, or is not forked. */

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { makeJob, openPool, printed } from '../../helpers/pool.ts'

const [forks, anew] = await Promise.all([openPool({ spares: false }), openPool({ spares: false, zygotes: false })])
after(() => Promise.all([forks.close(), anew.close()]))

const job = (source: string) => makeJob({ source, runtime: 'node24', timeoutMs: 60_000 })
const isForked = async (source: string) => {
  assert.deepEqual(await forks.load(job(source)), { ok: true })
  return forks.obstacleOf(source)
}

/** Modules in which a fork would differ from a new process. */
const NOT_FORKED: readonly (readonly [reason: string, what: string, top: string])[] = [
  [
    'threads',
    'a thread',
    `import { Worker } from 'node:worker_threads'\nconst held = new Worker('setInterval(() => {}, 1e9)', { eval: true }); await new Promise((done) => held.on('online', done))`,
  ],
  ['descriptors', 'an open file', `import { openSync } from 'node:fs'\nopenSync('/etc/passwd')`],
  [
    'descriptors',
    'a server',
    `import { createServer } from 'node:net'\nawait new Promise((done) => createServer().listen(0, '127.0.0.1', done))`,
  ],
  [
    'descriptors',
    'a database',
    `import { DatabaseSync } from 'node:sqlite'\nconst held = new DatabaseSync('/dev/shm/x')`,
  ],
  [
    'requests',
    'a request under way',
    `import { open } from 'node:fs'\nimport { spawnSync } from 'node:child_process'\nspawnSync('mkfifo', ['/dev/shm/pipe'])\nopen('/dev/shm/pipe', () => {})`,
  ],
  [
    'children',
    'a child',
    `import { spawn } from 'node:child_process'\nspawn('sleep', ['1000'], { stdio: 'ignore' }).unref()`,
  ],
  ['written_files', 'a written file', `import { writeFileSync } from 'node:fs'\nwriteFileSync('/tmp/x', 'x')`],
  ['random', 'Math.random', 'const id = Math.random()'],
  ['random', 'randomUUID', `import { randomUUID } from 'node:crypto'\nconst id = randomUUID()`],
  ['random', 'randomBytes', `import { randomBytes } from 'node:crypto'\nconst id = randomBytes(8)`],
  ['random', 'randomInt', `import { randomInt } from 'node:crypto'\nconst id = randomInt(9)`],
  ['random', 'getRandomValues', 'const id = crypto.getRandomValues(new Uint8Array(8))'],
  ['random', 'a key', `import { generateKeyPairSync } from 'node:crypto'\nconst key = generateKeyPairSync('ed25519')`],
  [
    'random',
    'a random value of another context',
    `import { runInNewContext } from 'node:vm'\nconst id = runInNewContext('Math.random()')`,
  ],
]

suite('a module is loaded by each run, and the reason is told, if it makes', () => {
  for (const [reason, what, top] of NOT_FORKED)
    test(what, async () => {
      const source = `${top}\nlet runs = 0\nexport default () => ({ status_code: 200, body: String(runs += 1) })`
      assert.equal(await isForked(source), reason)
      for (let run = 0; run < 2; run += 1) {
        const { response, message } = await forks.execute(job(source))
        assert.equal(response?.body, '1', message ?? '')
      }
    })
})

/** Functions that answer the same in a fork as in a new process. Each returns something that JSON can show. */
const EQUAL: Readonly<Record<string, string>> = {
  'process.pid is that of the process': `import { readlinkSync } from 'node:fs'\nreturn readlinkSync('/proc/self') === String(process.pid)`,
  'process.ppid is the template': 'return process.ppid',
  'process.argv': 'return process.argv',
  'process.cwd and umask': 'return [process.cwd(), process.umask()]',
  'the environment': 'return Object.keys(process.env).sort()',
  'process.uptime is its own': 'await sleep(20); return [process.uptime() > 0.02, process.uptime() < 20]',
  'performance.timeOrigin is its own':
    'return [Math.min(...Array.from({ length: 20 }, () => Math.abs(performance.timeOrigin + performance.now() - Date.now()))) < 100, performance.toJSON().timeOrigin === performance.timeOrigin, performance.timeOrigin > loadedAt - 1e5]',
  'performance.mark and events count from it': `return [performance.mark('a').startTime, new Event('x').timeStamp].map((at) => Math.abs(at - performance.now()) < 5000)`,
  'Math.random looks built in':
    'return [String(Math.random).includes("native code"), Math.random.name, Math.random.length, Object.keys(Math)]',
  'Math.random is uniform':
    'let sum = 0; for (let i = 0; i < 1e5; i += 1) sum += Math.random(); return Math.abs(sum / 1e5 - 0.5) < 0.01',
  timers:
    'const order = []; setImmediate(() => { order.push(2); setTimeout(() => order.push(3), 5) }); process.nextTick(() => order.push(1)); while (order.length < 3) await sleep(5); return order',
  'a timer that was set while loading': 'await sleep(30); return timerRan',
  'fs.promises': `import { writeFile, readFile, readdir } from 'node:fs/promises'\nawait writeFile('/tmp/a', 'x'); return [await readFile('/tmp/a', 'utf8'), await readdir('/tmp')]`,
  streams: `import { createReadStream } from 'node:fs'\nlet size = 0; for await (const part of createReadStream('/etc/passwd')) size += part.length; return size > 0`,
  'fs.watchFile': `import { watchFile, unwatchFile, writeFileSync } from 'node:fs'\nwriteFileSync('/tmp/w', ''); const seen = new Promise((done) => watchFile('/tmp/w', { interval: 20 }, done)); let size = 0; const writes = setInterval(() => writeFileSync('/tmp/w', 'x'.repeat((size += 1))), 50); await seen; clearInterval(writes); unwatchFile('/tmp/w'); return true`,
  'dns.lookup': `import { lookup } from 'node:dns/promises'\nreturn (await lookup('localhost', { family: 4 })).address`,
  'a server and its client': `import { createServer, get } from 'node:http'\nconst server = createServer((_, answer) => answer.end('hi')); await new Promise((done) => server.listen(0, '127.0.0.1', done)); return await new Promise((done, fail) => get({ port: server.address().port, host: '127.0.0.1' }, (answer) => answer.on('data', (part) => done(String(part)))).on('error', (error) => done(error.code)))`,
  'a pair of sockets over a path': `import { createServer, connect } from 'node:net'\nconst server = createServer((socket) => socket.end('hi')).listen('/tmp/s'); return await new Promise((done) => connect('/tmp/s').on('data', (part) => done(String(part))))`,
  'fetch of data and refused connections': `return [await (await fetch('data:,a')).text(), await fetch('http://127.0.0.1:1').catch((error) => error.name)]`,
  'Response, FormData and Blob': `const form = new FormData(); form.set('a', new Blob(['x'])); return (await new Response(form).formData()).get('a').size`,
  spawnSync: `import { spawnSync } from 'node:child_process'\nreturn spawnSync('echo', ['a']).stdout.toString()`,
  execFile: `import { execFile } from 'node:child_process'\nreturn await new Promise((done) => execFile('sh', ['-c', 'exit 3'], (error) => done(error.code)))`,
  'a forked Node': `import { fork } from 'node:child_process'\nimport { writeFileSync } from 'node:fs'\nwriteFileSync('/tmp/c.cjs', 'process.send(1 + 1)'); return await new Promise((done) => fork('/tmp/c.cjs').on('message', done))`,
  'a worker thread': `import { Worker } from 'node:worker_threads'\nreturn await new Promise((done) => new Worker('require("node:worker_threads").parentPort.postMessage(7)', { eval: true }).on('message', done))`,
  'a worker thread that is terminated': `import { Worker } from 'node:worker_threads'\nconst worker = new Worker('for (;;);', { eval: true }); await new Promise((done) => worker.on('online', done)); return await worker.terminate()`,
  'Atomics between threads': `import { Worker } from 'node:worker_threads'\nconst cell = new Int32Array(new SharedArrayBuffer(4)); new Worker('const c = require("node:worker_threads").workerData; Atomics.store(c, 0, 5); Atomics.notify(c, 0)', { eval: true, workerData: cell }); while (Atomics.load(cell, 0) === 0) await sleep(5); return cell[0]`,
  'Atomics.waitAsync':
    'const cell = new Int32Array(new SharedArrayBuffer(4)); const { value } = Atomics.waitAsync(cell, 0, 0); setTimeout(() => Atomics.notify(cell, 0), 5); return await value',
  'Atomics.waitAsync with a time limit':
    'setTimeout(() => {}, 5000); const cell = new Int32Array(new SharedArrayBuffer(4)); return await Atomics.waitAsync(cell, 0, 0, 20).value',
  'WebAssembly that was compiled while loading': 'return wasm.exports.double(21)',
  'WebAssembly, compiled by the run': 'return (await WebAssembly.instantiate(WASM)).instance.exports.double(4)',
  'WebAssembly, hot': 'let value = 0; for (let i = 0; i < 3e6; i += 1) value = wasm.exports.double(i); return value',
  'hot code': 'let sum = 0; for (let i = 0; i < 1e7; i += 1) sum = (sum + i * i) | 0; return sum',
  'the collection of garbage':
    'let held = []; for (let i = 0; i < 5e5; i += 1) { held.push({ i }); if (held.length > 1e5) held = [] } return held.length',
  FinalizationRegistry: `import { setFlagsFromString } from 'node:v8'\nimport { runInNewContext } from 'node:vm'\nsetFlagsFromString('--expose-gc'); const gc = runInNewContext('gc'); let found = null; globalThis.registry = new FinalizationRegistry((what) => { found = what }); registry.register({}, 'gone'); while (found === null) { await sleep(1); gc() } return found`,
  'pbkdf2 and scrypt': `import { pbkdf2, scryptSync } from 'node:crypto'\nimport { promisify } from 'node:util'\nreturn [(await promisify(pbkdf2)('a', 'b', 1000, 8, 'sha256')).toString('hex'), scryptSync('a', 'b', 8).toString('hex')]`,
  WebCrypto: `const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']); return publicKey.type`,
  zlib: `import { gzip, gunzipSync, brotliCompressSync, brotliDecompressSync } from 'node:zlib'\nimport { promisify } from 'node:util'\nreturn [gunzipSync(await promisify(gzip)('abc')).toString(), brotliDecompressSync(brotliCompressSync('abc')).toString()]`,
  'node:sqlite': `import { DatabaseSync } from 'node:sqlite'\nreturn new DatabaseSync(':memory:').prepare('SELECT 1 + 1 AS two').get().two`,
  'AbortSignal.timeout':
    'const alive = setTimeout(() => {}, 5000); return await new Promise((done) => { const signal = AbortSignal.timeout(10); signal.addEventListener("abort", () => done(signal.reason.name)) })',
  'MessageChannel and structuredClone':
    'const { port1, port2 } = new MessageChannel(); const got = new Promise((done) => { port2.onmessage = ({ data }) => done(data) }); port1.postMessage({ a: new Map([[1, 2]]) }); const { a } = await got; port1.close(); return [a.get(1), structuredClone({ b: [1] })]',
  BroadcastChannel: `const [a, b] = [new BroadcastChannel('x'), new BroadcastChannel('x')]; const got = new Promise((done) => { b.onmessage = ({ data }) => done(data) }); a.postMessage(9); const found = await got; a.close(); b.close(); return found`,
  'import() of a module beside it and of data': `return [(await import('data:text/javascript,export default 4')).default, (await import('node:path')).sep]`,
  vm: `import { runInNewContext } from 'node:vm'\nreturn [runInNewContext('1 + a', { a: 2 }), typeof runInNewContext('Math.random()')]`,
  'Intl and dates': `return [new Intl.NumberFormat('fr').format(1234.5), new Date(0).toLocaleDateString('en', { timeZone: 'Asia/Tokyo' })]`,
  AsyncLocalStorage: `import { AsyncLocalStorage } from 'node:async_hooks'\nconst store = new AsyncLocalStorage(); return await store.run(5, async () => { await sleep(1); return store.getStore() })`,
  'a signal whose handler was set while loading': `setTimeout(() => {}, 5000); return await new Promise((done) => { signalled = () => done('got it'); process.kill(process.pid, 'SIGUSR2') })`,
  'inspector.Session': `import { Session } from 'node:inspector/promises'\nconst session = new Session(); session.connect(); const { result } = await session.post('Runtime.evaluate', { expression: '6 * 7' }); session.disconnect(); return result.value`,
  'a CPU profile': `import { Session } from 'node:inspector/promises'\nconst session = new Session(); session.connect(); await session.post('Profiler.enable'); await session.post('Profiler.start'); for (let i = 0; i < 1e6; i += 1) Math.sqrt(i); const { profile } = await session.post('Profiler.stop'); return profile.nodes.length > 0`,
  'a heap snapshot': `import { getHeapSnapshot } from 'node:v8'\nlet size = 0; for await (const part of getHeapSnapshot()) size += part.length; return size > 1e5`,
  'process.report': 'return process.report.getReport().header.processId === process.pid',
  'a deep recursion': 'const down = () => down(); try { down() } catch (error) { return error.name }',
  'large buffers': 'return [Buffer.alloc(1e8).length, new Float64Array(1e7).fill(1).length]',
  'uncaught errors of a timer': 'setTimeout(() => { throw new Error("late") }, 1); await sleep(1e5)',
  'unhandled rejections': 'Promise.reject(new Error("left")); await sleep(1e5)',
  'process.exit': 'process.exit(4)',
  'a promise that nothing settles': 'await new Promise(() => {})',
  'process.abort': 'process.abort()',
  'SIGKILL of itself': `process.kill(process.pid, 'SIGKILL'); await sleep(1e5)`,
  'more memory than its limit': 'const held = []; for (;;) held.push(Buffer.alloc(1e7, 1))',
  'state of the module': 'return count += 1',
  'Error.stack': 'return new Error("x").stack.split("\\n")[1].trim().split(":")[0]',
  'what is printed': 'console.log("a"); console.error("b"); return 1',
}
const TOP = `const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
const loadedAt = Date.now()
let count = 0
let timerRan = false
setTimeout(() => { timerRan = true }, 5)
let signalled = null
process.on('SIGUSR2', () => signalled?.())
const WASM = new Uint8Array([0,97,115,109,1,0,0,0,1,6,1,96,1,127,1,127,3,2,1,0,7,10,1,6,100,111,117,98,108,101,0,0,10,9,1,7,0,32,0,65,1,116,11])
const wasm = new WebAssembly.Instance(new WebAssembly.Module(WASM))`
const IMPORT = /^import (.*) from (.*)$/gm
const CASES = Object.entries(EQUAL).map(([what, text]) => {
  const lines = text.replaceAll(IMPORT, 'const $1 = await import($2)').split('\n')
  return `[${JSON.stringify(what)}]: async () => { ${lines.join('; ')} }`
})
const SOURCE = `${TOP}\nconst cases = {\n${CASES.join(',\n')}\n}
export default async (request) => ({ status_code: 200, body: JSON.stringify(await cases[request.case]()) ?? 'nothing' })`
/** What the engine prints of its memory and stack differs in each process. */
const NOISY = ['process.abort', 'more memory than its limit']

suite('a fork answers as a new process does:', () => {
  const answer = async (pool: typeof forks, name: string) => {
    const outcome = await pool.execute({
      ...job(SOURCE),
      ...makeJob({ source: SOURCE, case: name, runtime: 'node24' }),
    })
    const facts = [outcome.status, outcome.code]
    return NOISY.includes(name)
      ? facts
      : [...facts, outcome.message, outcome.response?.body, printed(outcome, 'stdout'), printed(outcome, 'stderr')]
  }
  before(async () => assert.equal(await isForked(SOURCE), null))
  for (const what of Object.keys(EQUAL))
    test(what, async () => {
      const first = await answer(forks, what)
      assert.deepEqual(first, await answer(anew, what))
      assert.deepEqual(await answer(forks, what), first, 'and again in the next fork')
    })
})

test('a fork does not begin by collecting the objects of the process that loaded its module', async () => {
  // A space of young objects that is almost full when the module has been loaded.
  const source = `import { PerformanceObserver } from 'node:perf_hooks'
    import { getHeapSpaceStatistics } from 'node:v8'
    const young = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
    const held = []
    while (young().space_available_size > 200_000) held.push(new Array(1000).fill({}))
    export default async () => {
      const seen = []
      new PerformanceObserver((list) => seen.push(...list.getEntries())).observe({ entryTypes: ['gc'] })
      const used = []
      for (let count = 0; count < 40; count += 1) used.push(new Array(1000).fill(count))
      await new Promise((done) => setTimeout(done, 20))
      return Response.json(seen.map(({ detail }) => detail.kind))
    }`
  assert.equal(await isForked(source), null)
  assert.equal((await forks.execute(job(source))).response?.body, '[]')
})

suite('no two forks share', () => {
  test('what they draw at random', async () => {
    const source = `import { randomBytes, randomInt, randomUUID } from 'node:crypto'
      import { createContext, runInContext, runInNewContext, Script } from 'node:vm'
      import { Worker } from 'node:worker_threads'
      export default async () => Response.json([Math.random(), randomUUID(), randomInt(2 ** 40), randomBytes(8).toString('hex'),
        crypto.randomUUID(), crypto.getRandomValues(new Uint32Array(2)).join(), runInNewContext('Math.random()'), new Script('Math.random()').runInNewContext(), runInContext('Math.random()', createContext()),
        await new Promise((done) => new Worker('require("node:worker_threads").parentPort.postMessage(Math.random())', { eval: true }).on('message', done))])`
    assert.equal(await isForked(source), null)
    const RUNS = 20
    const seen = new Set<unknown>()
    for (let run = 0; run < RUNS; run += 1)
      for (const value of JSON.parse((await forks.execute(job(source))).response?.body ?? '[]')) seen.add(value)
    assert.equal(seen.size, RUNS * 10)
  })

  test('what they change in the module', async () => {
    const source = 'const held = []\nexport default () => ({ status_code: 200, body: String(held.push(1)) })'
    for (let run = 0; run < 3; run += 1) assert.equal((await forks.execute(job(source))).response?.body, '1')
  })
})

/** What a run does to the process that it was forked from, whose id is in `template`. */
const ATTACKS: Readonly<Record<string, string>> = {
  'stops it': `process.kill(template, 'SIGSTOP')`,
  'kills it': `process.kill(template, 'SIGKILL')`,
  'stops it and crashes': `process.kill(template, 'SIGSTOP'); process.abort()`,
  'kills it and waits': `process.kill(template, 'SIGKILL'); await new Promise((done) => setTimeout(done, 100))`,
  'sends it every signal': `for (let number = 1; number < 65; number += 1) if (number !== 9 && number !== 19) try { process.kill(template, number) } catch {}`,
  'stops every process': `process.kill(-1, 'SIGSTOP')`,
  'ends every process': `process.kill(-1, 'SIGKILL')`,
  'starts its debugger': `process._debugProcess?.(template); process.kill(template, 'SIGUSR1')`,
  'lowers its priority': `try { os.setPriority(template, 19) } catch {}`,
  'writes to its memory and descriptors': `for (const name of ['mem', 'fd/4', 'fd/5', 'oom_score_adj', 'clear_refs', 'timerslack_ns', 'comm']) try { fs.writeFileSync('/proc/' + template + '/' + name, '1') } catch {}`,
  'closes every descriptor': `for (let fd = 3; fd < 64; fd += 1) try { fs.closeSync(fd) } catch {}`,
  'writes to every descriptor': `for (let fd = 4; fd < 64; fd += 1) try { fs.writeSync(fd, 'xxxxxxxxxxxxxxxxxxxx') } catch {}`,
  'leaves processes that stop it again and again': `for (let n = 0; n < 5; n += 1) spawn('sh', ['-c', 'while kill -STOP ' + template + '; do :; done'], { detached: true, stdio: 'ignore' })`,
}

suite('the run after one of the same version is as ever, if that', () => {
  for (const [what, text] of Object.entries(ATTACKS))
    test(what, async () => {
      const source = `import fs, { readdirSync, readFileSync } from 'node:fs'
        import { spawn } from 'node:child_process'
        import os from 'node:os'
        let count = 0
        export default async (request) => {
          const template = Number(readdirSync('/proc').find((pid) => { try { return pid !== String(process.pid) && readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes('main.cjs') } catch { return false } }))
          if (request.attack) { ${text}; return 'attacked' }
          return { status_code: 200, body: JSON.stringify([template > 1, count += 1, os.getPriority(), readFileSync('/proc/self/comm', 'utf8')]) }
        }`
      const run = (attack: boolean) =>
        forks.execute({
          ...makeJob({ source, runtime: 'node24', body: JSON.stringify({ attack }), timeoutMs: 60_000 }),
        })
      const before = await run(false)
      assert.match(before.response?.body ?? '', /^\[true,1,/)
      await run(true)
      const next = await run(false)
      assert.deepEqual([next.status, next.message, next.response?.body], ['succeeded', null, before.response?.body])
    })
})

test('a run reads nothing of the process that it was forked from', async () => {
  const source = `import { readdirSync, readFileSync, readlinkSync, openSync } from 'node:fs'
    const tries = { environ: readFileSync, mem: openSync, maps: readFileSync, 'fd/4': readlinkSync, cwd: readlinkSync, exe: readlinkSync }
    export default () => {
      const template = readdirSync('/proc').filter((pid) => /^\\d+$/.test(pid) && pid !== '1' && pid !== String(process.pid))
      return Response.json([template.length, ...Object.entries(tries).map(([name, read]) => { try { read('/proc/' + template[0] + '/' + name); return 'read ' + name } catch (error) { return error.code } })])
    }`
  const { response, message } = await forks.execute(job(source))
  assert.ok(response, message ?? '')
  const [count, ...found] = JSON.parse(response.body ?? '[]')
  assert.equal(count, 1)
  for (const code of found) assert.match(code, /^E(ACCES|PERM)$/)
})
