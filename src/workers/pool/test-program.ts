import { NO_FILES } from '../../domain/modules/module-files.ts'
import { CallLog } from '../worker/calls.ts'
import { LogCollector } from '../worker/log-collector.ts'
import { encodeLoad, type LoadReport } from '../worker/reports.ts'
import type { Worker } from '../worker/worker.ts'

/** `problem`: what the program said or printed instead of an answer. */
type Asked = { readonly answer: unknown; readonly problem: string }

const TIMEOUT_MS = 20_000
const MEMORY = 512 * 1024 * 1024
const CALLS = { trace: null, propagate: false, record: false, answers: 0 }
const REQUEST = { method: 'POST', url: '/', query: '', headers: [['Content-Type', 'application/json']] }

/** Loads a program of the server as a workflow's code. Each call of `ask` is a run. */
export async function loadTest(
  worker: Worker,
  source: string,
  inChild: boolean,
): Promise<{ readonly loaded: LoadReport; ask(facts: object): Promise<Asked> }> {
  const collector = new LogCollector({ maxBytes: 64 * 1024 })
  const limits = { collector, timeoutMs: TIMEOUT_MS }
  const message = { kind: 'catch', source, files: NO_FILES, reuse: false, memory: MEMORY, variables: {} }
  const loaded = await worker.load(encodeLoad({ ...message, in_child: inChild }), limits)
  const header = { cpu_seconds: 60, workflow_id: 'probe', settings: 0, calls: CALLS, request: REQUEST }
  return {
    loaded,
    async ask(facts) {
      const { result } = await worker.run(
        { header, parts: [Buffer.from(JSON.stringify(facts))] },
        { ...limits, reuse: false, memoryBytes: MEMORY, calls: new CallLog() },
      )
      const printed = () => collector.close().map(({ text }) => text)
      return {
        answer: result?.header.status === 'succeeded' ? JSON.parse(result.payload.toString()) : null,
        problem: String(result?.header.message ?? printed().join(' ')),
      }
    },
  }
}
