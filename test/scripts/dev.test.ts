import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { ensureWebBuild } from '../../scripts/set-up/web.ts'
import { NEEDS_BROWSER, openBrowser, openTab } from '../helpers/browser.ts'
import { readAnswer } from '../helpers/server.ts'
import { callHook, until, type WorkflowBody } from '../helpers/workflows.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const COPIED = [
  'src',
  'client',
  'scripts',
  'web',
  'runtimes',
  'packages',
  'examples',
  // The app that is built for this clone holds them.
  'docs/guides',
  'docs/fr/guides',
  'test/helpers',
  'package.json',
  'package-lock.json',
]

let clone: string
let dev: ChildProcess
let printed = ''

before(async () => {
  clone = await createWorkingClone()
  const environment = Object.entries(process.env).filter(([name]) => !/^(WORKFLOWS_.*|DATABASE_URL)$/.test(name))
  dev = spawn('/bin/sh', ['scripts/run.sh', 'dev'], {
    cwd: clone,
    env: { ...Object.fromEntries(environment), WORKFLOWS_SANDBOX: 'bwrap' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  dev.stdout?.on('data', (chunk) => (printed += chunk))
  dev.stderr?.on('data', (chunk) => (printed += chunk))
  await until(async () => {
    assert.equal(dev.exitCode, null, printed)
    return printed.includes('Ctrl-C stops everything')
  }, 300_000)
})

after(async () => {
  if (dev.exitCode === null && dev.kill('SIGTERM')) await new Promise((done) => dev.once('exit', done))
  rmSync(clone, { recursive: true, force: true })
})

test('a clone that is set up builds and installs nothing', () => {
  assert.doesNotMatch(printed, /Building|Installing|Making the Python/)
})

test('the printed log-in and API key work at the address of the app', async () => {
  const [, email, password] = /Sign in +(\S+), password (\S+)/.exec(printed) ?? []
  const signedIn = await fetch(`${appUrl()}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: appUrl() },
    body: JSON.stringify({ email, password }),
  })
  assert.equal(signedIn.status, 200)
  const cookie = signedIn.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ')
  const create = (origin: string, name: string) =>
    fetch(`${appUrl()}/api/workflows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie, origin },
      body: JSON.stringify({ name, kind: 'catch' }),
    })
  assert.equal((await create(appUrl(), 'made by the app')).status, 201)
  assert.equal((await create('http://evil.example', 'made by another page')).status, 403)
})

test('there is believable data, and the hooks that it shows work through the address of the app', async () => {
  const { data } = await api<{ data: WorkflowBody[] }>('/api/workflows')
  const names = data.map(({ name }) => name)
  for (const name of ['parse-resume', 'sync-jobs', 'nightly-import']) assert.ok(names.includes(name), String(names))
  const runs = await api<{ data: { status: string }[] }>('/api/runs?limit=200')
  assert.equal(runs.data.length, 200)
  const hook = data.find(({ name }) => name === 'push-to-crm')
  assert.ok(hook !== undefined)
  assert.ok(hook.hook_url.startsWith(`${appUrl()}/hooks/`), hook.hook_url)
  assert.equal((await callHook(hook, { profile: { key: 'p_31', email: 'jane@example.com' } })).status, 200)
})

test('documentation, health and live events come through the address of the app', async () => {
  for (const path of ['/api/docs/', '/api/openapi.json', '/healthz', '/metrics']) {
    assert.equal((await fetch(appUrl() + path, { headers: withKey() })).status, 200, path)
  }
  const leaving = new AbortController()
  const events = await fetch(`${appUrl()}/api/events`, { headers: withKey(), signal: leaving.signal })
  assert.match(events.headers.get('content-type') ?? '', /text\/event-stream/)
  leaving.abort()
})

test('every path that the server documents reaches it through the address of the app', async () => {
  const { paths } = await api<{ paths: Record<string, unknown> }>('/api/openapi.json')
  const first = new Set(Object.keys(paths).map((path) => path.split('/')[1] ?? ''))
  assert.ok(first.has('api') && first.has('hooks'))
  for (const name of [...first, 'mcp']) {
    // Vite answers what is the app's with its page.
    const response = await fetch(`${appUrl()}/${name}`, { headers: { accept: 'text/html' } })
    assert.ok(!(await response.text()).includes('/@vite/client'), name)
  }
})

test('a changed line of the server is live', async () => {
  const before = starts()
  changeFile(fileWith('src', "summary: 'Alive'"), "summary: 'Alive'", "summary: 'Changed'")
  await until(async () => {
    const text = await fetch(`${appUrl()}/api/openapi.json`).then((response) => response.text())
    return text.includes('"Changed"')
  })
  await until(async () => starts() > before)
})

test('code that cannot be loaded is named, and the server starts again when it is mended', async () => {
  const [path, before] = [fileWith('src', "summary: 'Changed'"), starts()]
  const right = readFileSync(path, 'utf8')
  writeFileSync(path, `${right}\nexport const = 1\n`)
  const said = [/The server has ended\. It starts again when a file changes\./, /health\.ts:\d+/]
  await until(async () => said.every((text) => text.test(printed)))
  writeFileSync(path, right)
  await until(async () => starts() > before)
})

test('a change in the middle of a start is live too', async () => {
  const [path, before] = [fileWith('src', "summary: 'Changed'"), starts()]
  for (const [old, changed] of [
    ['Changed', 'Changed twice'],
    ['Changed twice', 'Changed three times'],
  ] as const) {
    changeFile(path, `summary: '${old}'`, `summary: '${changed}'`)
    // Longer than the pause after which a start begins, and shorter than a start.
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  await until(async () => {
    const text = await fetch(`${appUrl()}/api/openapi.json`).then((response) => response.text())
    return text.includes('"Changed three times"')
  })
  await until(async () => starts() > before)
})

test('a changed file of the runtime that sandboxes run is live', async () => {
  const before = starts()
  const path = join(clone, 'runtimes/python.py')
  writeFileSync(path, `${readFileSync(path, 'utf8')}# changed\n`)
  await until(async () => starts() > before)
})

test('a changed line of the app is live without loading the page anew', NEEDS_BROWSER, async () => {
  const browser = await openBrowser()
  try {
    const { page } = await openTab(browser)
    const connected = Promise.withResolvers<void>()
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        if (payload.includes('"connected"')) connected.resolve()
      }),
    )
    await page.goto(`${appUrl()}/sign-in`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    // Before, a change would not be told to the page.
    await connected.promise
    // The first page of a clone may load again when Vite has found all packages.
    await page.waitForLoadState('networkidle')
    await page.evaluate('window.loadedOnce = true')
    const heading = await page.getByRole('heading', { level: 1 }).textContent()
    changeFile(fileWith('web/src', 'export function SignInPage'), `{t('${heading}')}`, '"Changed heading"')
    await page.getByRole('heading', { level: 1, name: 'Changed heading' }).waitFor()
    assert.equal(await page.evaluate('window.loadedOnce'), true)
  } finally {
    await browser.close()
  }
})

test('SIGINT ends it and leaves no process', async () => {
  const ended = new Promise((done) => dev.once('exit', done))
  dev.kill('SIGINT')
  assert.equal(await ended, 0)
  await until(async () => processesOf(clone).length === 0)
})

/** The whole program in a folder of its own; packages and Python environments are those of this clone. */
async function createWorkingClone(): Promise<string> {
  await ensureWebBuild(ROOT)
  const root = mkdtempSync(join(tmpdir(), 'workflows-dev-'))
  // Sandboxes start without the rights of root and mount folders of the clone.
  chmodSync(root, 0o755)
  for (const path of COPIED) cpSync(join(ROOT, path), join(root, path), { recursive: true })
  mkdirSync(join(root, '.cache'))
  for (const [name, place] of Object.entries({ 'web-built-from': cpSync, 'pythons.json': cpSync, uv: symlinkSync })) {
    if (existsSync(join(ROOT, '.cache', name))) place(join(ROOT, '.cache', name), join(root, '.cache', name))
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  symlinkSync(join(ROOT, '.cache/environments'), join(root, '.cache/environments'))
  // In the background it would build the documentation and install a language server, which no test here uses.
  writeFileSync(join(root, 'scripts/environments.ts'), '')
  return root
}

function appUrl(): string {
  return /App +(http\S+)/.exec(printed)?.[1] ?? assert.fail(printed)
}

/** How often the server has said that it is ready. */
function starts(): number {
  return printed.split('Workflows is ready').length - 1
}

function withKey(): Record<string, string> {
  return { authorization: `Bearer ${/API key +(\S+)/.exec(printed)?.[1]}` }
}

async function api<T>(path: string): Promise<T> {
  const response = await fetch(appUrl() + path, { headers: withKey() })
  assert.equal(response.status, 200)
  return (await readAnswer<T>(response)).body
}

/** The one file in a folder of the clone that holds this text. */
function fileWith(folder: string, text: string): string {
  const found = execFileSync('grep', ['-rlF', text, folder], { cwd: clone, encoding: 'utf8' }).trim().split('\n')
  assert.equal(found.length, 1, `${text} is in ${found}`)
  return join(clone, found[0] ?? '')
}

/** In one step, as most editors do: Vite could read an empty file, and it drops the next change of the same 50 ms. */
function changeFile(path: string, old: string, changed: string): void {
  const text = readFileSync(path, 'utf8')
  assert.ok(text.includes(old), `${path} does not hold ${old}`)
  const written = join(clone, '.changed')
  writeFileSync(written, text.replaceAll(old, changed))
  renameSync(written, path)
}

/** Processes that were started in the folder or name it in their arguments. */
function processesOf(folder: string): readonly string[] {
  const all = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return all.filter((line) => line.includes(folder))
}
