import { createHmac } from 'node:crypto'
import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { guard } from '../../guard.ts'
import type { IndexGateway } from '../../workers/packages/index-gateway.ts'
import { makeTemporary } from '../../workers/sandbox/machine/folders.ts'
import { type IndexSettings, readIndexSettings } from './index-settings.ts'
import { GATEWAY_URL, PAGES } from './pages.ts'
import type { ThreadData, ThreadMessage } from './thread.ts'

const guarded = guard('the thread of package indexes')

/** Must survive restarts: uv's cache keeps pages with signed links. */
type Options = { readonly variables: Readonly<Record<string, string>>; readonly secretKey: Buffer }

const IDLE_MS = 60_000
const VERSIONS_MS = 10_000
const THREAD = new URL('./thread.ts', import.meta.url)

let asked = 0

function askVersions(worker: Worker, name: string): Promise<readonly string[]> {
  asked += 1
  const question = asked
  return new Promise((resolve) => {
    const end = (versions: readonly string[]) => {
      clearTimeout(timer)
      worker.off('message', listen)
      resolve(versions)
    }
    const listen = guarded((message: ThreadMessage) => {
      if (message.question === question) end(message.versions ?? [])
    })
    const timer = guarded.setTimeout(() => end([]), VERSIONS_MS)
    worker.on('message', listen)
    worker.postMessage({ question, name })
  })
}

type Thread = { readonly worker: Worker; readonly folder: string }

async function startThread(
  settings: IndexSettings,
  key: Buffer,
  { onProblem, onExit }: { onProblem: (problem: string) => void; onExit: () => void },
): Promise<Thread> {
  const folder = makeTemporary('indexes-')
  await chmod(folder, 0o711)
  const workerData: ThreadData = { settings, key: key.toString('base64'), socketPath: join(folder, 'socket') }
  const worker = new Worker(THREAD, { workerData, env: {} })
  worker.unref()
  await new Promise<void>((resolve, reject) => {
    worker.on(
      'message',
      guarded(({ ready, problem }: ThreadMessage) => {
        if (ready) resolve()
        else if (problem !== undefined) onProblem(problem)
      }),
    )
    worker.once('error', reject)
    worker.once(
      'exit',
      guarded(() => {
        reject(new Error('the gateway to the package indexes ended'))
        onExit()
      }),
    )
  })
  return { worker, folder }
}

function uvOptionsOf({ indexes, linkPages, strategy }: IndexSettings): readonly string[] {
  return [
    ...(indexes.length === 0 ? ['--no-index'] : []),
    ...indexes.flatMap((_, number) => [
      number === indexes.length - 1 ? '--default-index' : '--index',
      `${GATEWAY_URL}${PAGES.index}/${number}/`,
    ]),
    ...linkPages.flatMap((_, number) => ['--find-links', `${GATEWAY_URL}${PAGES.links}/${number}/`]),
    ...(strategy === null ? [] : ['--index-strategy', strategy]),
  ]
}

/** The thread ends a minute after the last build. */
export function createIndexGateway({ variables, secretKey }: Options): IndexGateway {
  const key = createHmac('sha256', secretKey).update('index-gateway').digest()
  const settings = readIndexSettings(variables)
  const listeners = new Set<(problem: string) => void>()
  let thread: Promise<Thread> | null = null
  let users = 0
  let idle: NodeJS.Timeout | null = null

  const start = (): Promise<Thread> => {
    const started = startThread(settings, key, {
      onProblem: (problem) => listeners.forEach((listener) => void listener(problem)),
      onExit: () => {
        if (thread === started) thread = null
      },
    })
    return started
  }

  async function stop(): Promise<void> {
    if (idle !== null) clearTimeout(idle)
    const running = await thread?.catch(() => null)
    thread = null
    if (!running) return
    await running.worker.terminate()
    await rm(running.folder, { recursive: true, force: true })
  }

  async function use<T>(work: (thread: Thread) => Promise<T>, onProblem: (problem: string) => void): Promise<T> {
    if (idle !== null) clearTimeout(idle)
    users += 1
    listeners.add(onProblem)
    try {
      thread ??= start()
      return await work(await thread)
    } finally {
      users -= 1
      listeners.delete(onProblem)
      if (users === 0) idle = guarded.setTimeout(() => stop(), IDLE_MS).unref()
    }
  }

  return {
    uvOptions: uvOptionsOf(settings),
    linkFolders: settings.linkFolders,
    constraintFiles: settings.constraintFiles,
    use: (work, onProblem) => use(({ folder }) => work(folder), onProblem),
    listVersions: (name) =>
      use(
        ({ worker }) => askVersions(worker, name),
        () => {},
      ).catch(() => []),
    close: stop,
  }
}
