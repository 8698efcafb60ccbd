/** The functions of the soak (leftovers.test.ts) in JavaScript: what each does, and the statuses that may come of it. */

type Mix = readonly (readonly [does: string, statuses: readonly number[]])[]

export const SCRIPTS: Mix = [
  ['return { status_code: 200, body: "ok" }', [200]],
  ['console.log("x".repeat(10000))', [200]],
  ['settings.n = request.n', [200]],
  ['throw new RangeError("x")', [500]],
  ['process.exit(1)', [500]],
  ['process.abort()', [500]],
  ['process.kill(process.pid, "SIGKILL")', [500]],
  ['return { status_code: "200" }', [502]],
  ['await new Promise(() => {})', [500]],
  ['setTimeout(() => { throw new Error("late") }, 1); await new Promise((done) => setTimeout(done, 500))', [500]],
  ['child.spawn("sleep", ["100"], { detached: true, stdio: "ignore" }).unref()', [200]],
  ['child.spawn("sh", ["-c", "trap : TERM; sleep 100 & sleep 100"], { stdio: "inherit" }).unref()', [200]],
  ['new Worker("setInterval(() => {}, 1000)", { eval: true })', [200]],
  ['for (let i = 0; i < 200; i += 1) fs.writeFileSync("/tmp/f" + i, "")', [200]],
  ['fs.writeFileSync("/dev/shm/left", Buffer.alloc(1000000, 1))', [200]],
  ['net.createServer().listen(8765, "127.0.0.1")', [200]],
  ['for (;;) fs.openSync("/dev/null")', [500]],
  ['fs.closeSync(3)', [500]],
  ['fs.writeSync(3, "garbage".repeat(100))', [500]],
  ['fs.writeSync(4, Buffer.alloc(64, 255))', [200, 500]],
  ['fs.closeSync(4); fs.closeSync(5)', [200, 500]],
  ['try { process.kill(1, "SIGKILL") } catch {}', [200]],
  ['process.chdir("/usr"); process.umask(0o777)', [200]],
  ['Array.prototype.map = null; JSON.stringify = null; Promise.race = null', [200, 500]],
  ['await fetch("http://10.0.0.1/")', [500]],
]
/** These cost a second and a sandbox each, so they are rare. */
export const COSTLY_SCRIPTS: Mix = [
  ['for (;;) {}', [504]],
  ['const all = []; for (;;) all.push(Buffer.alloc(50_000_000, 1))', [500, 504]],
  [
    'for (let i = 0; i < 8; i += 1) child.spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"])',
    [200, 500, 504],
  ],
  ['for (let i = 0; i < 20_000; i += 1) fs.writeFileSync("/tmp/" + i, "")', [200, 504]],
]

export const defineScript = (does: string): string => `import * as child from 'node:child_process'
import * as fs from 'node:fs'
import * as net from 'node:net'
import { Worker } from 'node:worker_threads'
export default async function workflow(request, settings) {
  ${does}
}
`
