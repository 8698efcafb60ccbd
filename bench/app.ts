/**
 * The app in Chromium on this machine: how much a first visit loads, how soon it can be used, and what is large: a million
 * runs, a thousand workflows, eight tabs, a PDF of 9 MiB, a log of 100,000 lines. Prints a table and renews
 * docs/evidence/performance.md.
 */

import type { Browser, Page } from 'playwright-core'
import { createOwner, openBrowser, openTab, type Tab } from '../test/helpers/browser.ts'
import { startServer } from '../test/helpers/server.ts'
import { createCatch, must } from '../test/helpers/workflows.ts'
import { median, round, timed } from './figures.ts'
import { candidateOf, writeHistory } from './million-runs.ts'
import { report } from './report.ts'

const VISITS = 15
const RUNS = Number(process.env.BENCH_RUNS ?? 1_000_000)
/** So far apart that they are within the month for which runs are kept. */
const APART_MS = 2000
const SEARCHES = 20
const WORKFLOWS = 1000
const TABS = 8
const PDF_BYTES = 9 * 1024 * 1024
const LOG_LINES = 100_000
const MAX_BODY = 32 * 1024 * 1024
const SCROLL_SECONDS = 5
/** So long after a page is shown, what it still does counts for it. */
const QUIET_MS = 5000

type Figure = { figure: string; value: number; unit: string; 'to reach': number | string }
type Visit = { readonly scriptBytes: number; readonly paintMs: number; readonly usableMs: number }

/** Those that the page itself names, and their imports, which it names as preloads. */
const FIRST_SCRIPTS = `(() => {
  const named = [...document.querySelectorAll('script[src], link[rel="modulepreload"]')].map((tag) => tag.src || tag.href)
  const entries = performance.getEntriesByType('resource').filter((entry) => named.includes(entry.name))
  return entries.reduce((sum, entry) => sum + entry.encodedBodySize, 0)
})()`

/** Down by a third of a window with each frame; how many frames, how many late ones, and the latest. */
const SCROLL = `new Promise((resolve) => {
  const end = performance.now() + ${SCROLL_SECONDS * 1000}
  let [frames, slow, longest, last] = [0, 0, 0, performance.now()]
  const step = (now) => {
    const took = now - last
    last = now
    frames += 1
    if (took > 50) slow += 1
    longest = Math.max(longest, took)
    window.scrollBy(0, 300)
    if (now < end) requestAnimationFrame(step)
    else resolve([frames, slow, longest])
  }
  requestAnimationFrame(step)
})`

const browser = await openBrowser({ isMeasured: true })
const first = await startServer()
const owner = await openTab(browser)
await createOwner(owner, first.output())
const workflow = await createCatch(first, { source: 'def workflow(_request, settings):\n    pass\n' })
const until = Date.now()
const workflowIds = [workflow.id]
for (let count = 1; count < WORKFLOWS; count += 1) {
  const made = await must(
    first.api<{ id: string }>('POST', '/api/workflows', { name: `workflow ${count}`, kind: 'catch' }),
    201,
  )
  workflowIds.push(made.id)
}
const large = await makeLargeRuns()
await first.stop()
await writeHistory(
  { databaseUrl: null, dataDir: first.dataDir },
  { workflowIds, count: RUNS, until, apartMs: APART_MS },
)
const server = await startServer({ dataDir: first.dataDir, env: { WORKFLOWS_PORT: new URL(first.url).port } })
const rows: Figure[] = []
try {
  for (const measure of [
    () => measureVisits('first page', '/'),
    () => measureVisits('list of workflows', '/workflows'),
    () =>
      measurePage(`${WORKFLOWS} workflows`, '/workflows', (page) => page.getByText('workflow 999').first().waitFor()),
    () => measurePage('runs of all, first page', '/runs', (page) => page.locator('li[data-index="0"]').waitFor()),
    () => measurePage('run with a PDF of 9 MiB', `/runs/${large.pdf}`, showFile),
    () => measurePage('run with 100,000 lines', `/runs/${large.lines}`, showEnd),
    measureSearches,
    measureTabs,
    () => measureScrolling(`${server.url}/runs`),
  ]) {
    const some = await measure()
    for (const { figure, value, unit } of some) console.log(`${figure}: ${value} ${unit}`)
    rows.push(...some)
  }
  await report('app', rows)
} finally {
  await browser.close()
  await server.close()
}

async function measureVisits(name: string, path: string) {
  const visits: Visit[] = []
  for (let count = 0; count < VISITS; count += 1) visits.push(await visit(browser, owner, server.url + path))
  const kilobytes = median(visits.map(({ scriptBytes }) => scriptBytes)) / 1000
  return [
    { figure: `${name}: JavaScript, compressed`, value: round(kilobytes, 1), unit: 'kB', 'to reach': 300 },
    {
      figure: `${name}: first paint, p50`,
      value: round(median(visits.map(({ paintMs }) => paintMs))),
      unit: 'ms',
      'to reach': '',
    },
    {
      figure: `${name}: usable, p50`,
      value: round(median(visits.map(({ usableMs }) => usableMs))),
      unit: 'ms',
      'to reach': 1000,
    },
  ]
}

/** With nothing in the browser's cache: usable when the title and the content below it are there. */
async function visit(browser: Browser, like: Tab, address: string): Promise<Visit> {
  const { page, context } = await openTab(browser, { like })
  await page.goto(address, { waitUntil: 'commit' })
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.locator('[aria-busy]').first().waitFor({ state: 'detached' })
  const usableMs = await page.evaluate<number>('performance.now()')
  const paintMs = await page.evaluate<number>(
    `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN`,
  )
  // What is loaded before anything is clicked, but not what is fetched ahead for charts.
  const scriptBytes = await page.evaluate<number>(FIRST_SCRIPTS)
  await context.close()
  return { scriptBytes, paintMs, usableMs }
}

/** Runs of a large file and of a long log; the ids of both. */
async function makeLargeRuns(): Promise<{ pdf: string; lines: string }> {
  const source = `def workflow(_request, settings):\n    for n in range(int(_request.get("lines", 0))):\n        print("line", n)\n`
  const hook =
    (await createCatch(first, { source, name: 'large', timeout_seconds: 120, body_limit_bytes: MAX_BODY })).hook_url ??
    ''
  const form = new FormData()
  form.append('resume', new Blob([`%PDF-1.4\n${'x'.repeat(PDF_BYTES)}`], { type: 'application/pdf' }), 'cv.pdf')
  const call = async (body: FormData | string, headers: Record<string, string> = {}) => {
    const answer = await fetch(hook, { method: 'POST', body, headers })
    const id = answer.headers.get('workflow-run')
    if (id === null) throw new Error(`expected a run, found ${answer.status}: ${await answer.text()}`)
    return id
  }
  const pdf = await call(form)
  const lines = await call(JSON.stringify({ lines: LOG_LINES }), { 'content-type': 'application/json' })
  return { pdf, lines }
}

/** A body over 256 KiB comes when it is asked for. */
async function showFile(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Show fields and files' }).click()
  await page.getByRole('table', { name: 'Fields' }).getByText('cv.pdf').waitFor()
}

/** The last of the lines, which is far down. */
async function showEnd(page: Page): Promise<void> {
  const logs = page.getByRole('region', { name: 'Logs' })
  await logs.getByText('line 0', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Jump to the end' }).click()
  await logs.getByText(`line ${LOG_LINES - 1}`, { exact: true }).waitFor({ timeout: 120_000 })
}

/** What the page asks of its main thread and of the server until it is quiet. */
async function measurePage(name: string, path: string, show: (page: Page) => Promise<void>) {
  const { page, context } = await openTab(browser, { like: owner })
  const session = await context.newCDPSession(page)
  await session.send('Performance.enable')
  let requests = 0
  page.on('request', (request) => {
    if (request.url().includes('/api/')) requests += 1
  })
  const started = performance.now()
  await page.goto(server.url + path, { waitUntil: 'commit' })
  await show(page)
  const shownMs = performance.now() - started
  await page.waitForTimeout(QUIET_MS)
  const { metrics } = await session.send('Performance.getMetrics')
  const seconds = metrics.find((metric) => metric.name === 'TaskDuration')?.value ?? Number.NaN
  await context.close()
  return [
    { figure: `${name}: shown`, value: round(shownMs, 1), unit: 'ms', 'to reach': '' },
    { figure: `${name}: main thread`, value: round(seconds * 1000, 1), unit: 'ms', 'to reach': '' },
    { figure: `${name}: requests`, value: requests, unit: '', 'to reach': '' },
  ]
}

/** From the API, as the list and the palette ask it, and in the list: until the run that was looked for is shown. */
async function measureSearches() {
  const middle = candidateOf(Math.floor(RUNS / 2) + 1).file
  const small = workflowIds[501] ?? ''
  const searches: readonly (readonly [string, string, string])[] = [
    ['a text of every run', '/api/runs', 'recruiting'],
    ['a name, one run in a hundred', '/api/runs', 'grace hopper'],
    ['one file, half way down', '/api/runs', middle],
    ['one file, the oldest', '/api/runs', candidateOf(0).file],
    ['a number in one run', '/api/runs', `profile-${Math.floor(RUNS / 3)}`],
    ['a text of no run', '/api/runs', 'zebra crossing'],
    ['a name, in the runs of the largest workflow', `/api/workflows/${workflow.id}/runs`, 'grace hopper'],
    ['a name, in the runs of a small workflow', `/api/workflows/${small}/runs`, 'grace hopper'],
  ]
  const rows: Figure[] = []
  for (const [name, path, q] of searches) {
    const times: number[] = []
    const address = `${path}?${new URLSearchParams({ q, limit: '50' })}`
    for (let count = 0; count < SEARCHES; count += 1)
      times.push(await timed(() => must(server.api('GET', address), 200)))
    rows.push({
      figure: `search: ${name}, first page, p50`,
      value: round(median(times), 1),
      unit: 'ms',
      'to reach': 100,
    })
    rows.push({
      figure: `search: ${name}, first page, slowest`,
      value: round(Math.max(...times), 1),
      unit: 'ms',
      'to reach': '',
    })
  }
  const { page, context } = await openTab(browser, { like: owner })
  await page.goto(`${server.url}/runs`)
  await page.locator('li[data-index="0"]').waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('textbox', { name: 'Find a command' }).fill(middle)
  const started = performance.now()
  await page.getByRole('button', { name: /^Search runs for/ }).click()
  await page.locator('mark', { hasText: middle }).first().waitFor()
  rows.push({
    figure: 'search: from the palette, run shown',
    value: round(performance.now() - started, 1),
    unit: 'ms',
    'to reach': '',
  })
  await context.close()
  return rows
}

/** Tabs of one browser, opened one after the other and all left open: how long the last one takes. */
async function measureTabs() {
  const { context } = await openTab(browser, { like: owner })
  let ms = Number.NaN
  for (let count = 1; count <= TABS; count += 1) {
    const page = await context.newPage()
    const started = performance.now()
    await page.goto(`${server.url}/runs`, { waitUntil: 'commit' })
    await page.locator('li[data-index="0"]').waitFor({ timeout: 120_000 })
    ms = performance.now() - started
  }
  await context.close()
  return [{ figure: `tab ${TABS} of ${TABS}: runs shown`, value: round(ms, 1), unit: 'ms', 'to reach': '' }]
}

/** Goes down as fast as pages come, and counts the frames that came late. */
async function measureScrolling(address: string) {
  const { page, context } = await openTab(browser, { like: owner })
  await page.goto(address)
  await page.locator('li[data-index="0"]').waitFor()
  const [frames, slow, longest] = await page.evaluate<[number, number, number]>(SCROLL)
  const lastRow = await lastIndex(page)
  await context.close()
  return [
    {
      figure: `${RUNS.toLocaleString('en')} runs: rows passed in ${SCROLL_SECONDS} s of scrolling`,
      value: lastRow,
      unit: 'rows',
      'to reach': '',
    },
    { figure: 'frames later than 50 ms', value: round((100 * slow) / frames, 1), unit: '%', 'to reach': '' },
    { figure: 'the latest frame', value: round(longest, 1), unit: 'ms', 'to reach': '' },
  ]
}

function lastIndex(page: Page): Promise<number> {
  const rows = `[...document.querySelectorAll('li[data-index]')].map((row) => Number(row.dataset.index))`
  return page.evaluate<number>(`Math.max(...${rows})`)
}
