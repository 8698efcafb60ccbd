/** Debian's Chromium without a window, driven by Playwright. A test can require that a page has no errors. */

import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { after, afterEach, before } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, type BrowserContext, chromium, type Page, type Route } from 'playwright-core'
import { findCommand } from '../../scripts/set-up/system-packages.ts'
import { ensureWebBuild } from '../../scripts/set-up/web.ts'
import { type ServerOptions, startServer, type TestServer } from './server.ts'
import { must } from './workflows.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const ARTIFACTS = join(ROOT, 'test/artifacts')
const WHOLE_BROWSER = findCommand('chromium')
/** For each new context and its first page, the whole browser takes 2.9 s of processor time instead of 1.1. */
const EXECUTABLE = findCommand('chromium-headless-shell') ?? WHOLE_BROWSER
/**
 * A page of a test closes before optimized code saves time. Three files needed 32.4, 25.7 and 22.8 s of processor time with
 * these flags, and 34.6, 33.2 and 27.4 s without them.
 */
const PLAIN_CODE = '--js-flags=--single-threaded --no-opt --no-maglev'
/** The machine may be busy with other tests, so only a longer step is stuck. */
const STEP_TIMEOUT_MS = 180_000
/** Slows pages down by this factor, which reproduces failures of a busy machine. */
const SLOW_PAGES = Number(process.env.SLOW_PAGES ?? 1)
/** Delays API responses by this many milliseconds, which shows a page before it has its data. */
const LATE_ANSWERS = Number(process.env.LATE_ANSWERS ?? 0)

export const WIDE = { width: 1440, height: 900 } as const
export const NARROW = { width: 390, height: 844 } as const

export const NEEDS_BROWSER = needing(EXECUTABLE, 'chromium-headless-shell')
/** Only the whole browser shows PDF. */
export const NEEDS_WHOLE_BROWSER = needing(WHOLE_BROWSER, 'chromium')

function needing(executable: string | null, name: string): { skip: string | false } {
  return { skip: executable === null ? `no ${name} on PATH: install it (on Debian: apt-get install ${name})` : false }
}

const tabs: Tab[] = []

// An error of a step lacks the content of the page.
afterEach(async (test) => {
  if (!('passed' in test) || test.passed) return
  for (const { page, errors } of tabs.filter((tab) => !tab.page.isClosed()))
    test.diagnostic(`${page.url()} ${JSON.stringify(errors)}\n${await contentOf(page)}`)
})

export type Tab = {
  readonly page: Page
  readonly context: BrowserContext
  /** Exceptions, refused resources, and errors in the console. */
  readonly errors: string[]
}

type TabOptions = {
  readonly viewport?: { readonly width: number; readonly height: number }
  readonly colorScheme?: 'light' | 'dark'
  readonly locale?: string
  /** Shares the session of this tab. */
  readonly like?: Tab
}

type BrowserOptions = {
  readonly isWhole?: boolean
  /** Runs code as a person's browser does. */
  readonly isMeasured?: boolean
}

/** Builds the app first if its sources are newer. */
export async function openBrowser({ isWhole = false, isMeasured = false }: BrowserOptions = {}): Promise<Browser> {
  await ensureWebBuild(ROOT)
  return await chromium.launch({
    executablePath: (isWhole ? WHOLE_BROWSER : EXECUTABLE) ?? 'chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', ...(isMeasured ? [] : [PLAIN_CODE])],
  })
}

export async function openTab(
  browser: Browser,
  { viewport = WIDE, colorScheme = 'light', locale = 'en-US', like }: TabOptions = {},
): Promise<Tab> {
  const storageState = like === undefined ? undefined : await like.context.storageState()
  const context = await browser.newContext({ viewport, colorScheme, locale, storageState, reducedMotion: 'reduce' })
  context.setDefaultTimeout(STEP_TIMEOUT_MS)
  const page = await context.newPage()
  if (SLOW_PAGES !== 1) {
    const devTools = await context.newCDPSession(page)
    await devTools.send('Emulation.setCPUThrottlingRate', { rate: SLOW_PAGES })
  }
  if (LATE_ANSWERS !== 0)
    await context.route(/\/api\//, async (route) => {
      if (!['fetch', 'xhr'].includes(route.request().resourceType())) return await route.fallback()
      try {
        const response = await route.fetch()
        await sleep(LATE_ANSWERS)
        await route.fulfill({ response })
      } catch {
        // The page is gone, or the server.
        await route.abort().catch(() => {})
      }
    })
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(`exception: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`console: ${message.text()} ${message.location().url}`)
  })
  const tab = { page, context, errors }
  tabs.push(tab)
  return tab
}

/**
 * Intercepts requests from now on. `page.route` returns before Chromium intercepts what a loaded page requests: on a busy
 * machine one request in six passed unseen. The probe passes, too, until the interception works.
 */
export async function intercept(
  page: Page,
  address: string | RegExp,
  answer: (route: Route) => unknown,
): Promise<void> {
  await page.route(address, answer)
  if (!page.url().startsWith('http')) return
  const probe = '/healthz?intercepted'
  await page.route(`**${probe}`, (route) => route.fulfill({ status: 202 }))
  while ((await page.evaluate<number>(`fetch('${probe}').then(({ status }) => status)`)) !== 202) await sleep(10)
  await page.unroute(`**${probe}`)
}

/**
 * Ends the interception of requests. If `page.unroute` met a request that its handler still has, both would continue
 * it, and an unhandled error would fail the file.
 */
export const endRoutes = (page: Page): Promise<void> => page.unrouteAll({ behavior: 'ignoreErrors' })

/**
 * Shows another page of the app without loading the app again: a page with the editor takes 0.6 s of processor time, and
 * 2 s by `goto`. The page of an unknown address comes between the two, so that nothing of the former one is left.
 */
export async function visit(page: Page, url: string): Promise<void> {
  if (!page.url().startsWith(new URL(url).origin)) return void (await page.goto(url))
  const unknown = page.getByRole('heading', { level: 1, name: /^Page (not found|introuvable)$/ })
  const go = (to: string) =>
    page.evaluate(`history.pushState(null, '', ${JSON.stringify(to)}); dispatchEvent(new PopStateEvent('popstate'))`)
  await go('/nowhere')
  await unknown.waitFor()
  await go(url)
  await unknown.waitFor({ state: 'detached' })
}

const contentOf = (page: Page): Promise<string> =>
  page
    .locator('body')
    .ariaSnapshot({ timeout: 5000 })
    .catch((error: Error) => `The content of the page cannot be read: ${error.message}`)

/** Writes a screenshot with `SCREENSHOTS=1`. No test reads it. */
export async function keepScreenshot({ page }: Tab, name: string): Promise<void> {
  if (process.env.SCREENSHOTS !== '1') return
  await mkdir(ARTIFACTS, { recursive: true })
  // The sticky header would cover the middle of a scrolled page.
  await page.evaluate('window.scrollTo(0, 0)')
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), fullPage: true })
}

/** The owner is signed in, and the tab shows no page yet. The caller closes the browser and the server. */
export type App = { readonly browser: Browser; readonly server: TestServer; readonly tab: Tab }

/** The starts run in parallel, because both wait for the disk and for processes. */
export async function openApp(options: ServerOptions = {}, opening: BrowserOptions = {}): Promise<App> {
  // A server serves the files that existed at its start.
  await ensureWebBuild(ROOT)
  const [browser, server] = await Promise.all([openBrowser(opening), startServer(options)])
  try {
    const tab = await openTab(browser)
    await signUpOwner(tab, server.output())
    return { browser, server, tab }
  } catch (error) {
    // An open browser or server would keep the process alive.
    await Promise.all([browser.close(), server.close()])
    throw error
  }
}

/** Opens the app for the tests of a file. `prepare` stores what the tests use of it. */
export function withApp(prepare: (app: App) => unknown, open = openApp): void {
  let app: App | undefined
  before(async () => {
    if (NEEDS_BROWSER.skip !== false) return
    app = await open()
    await prepare(app)
  })
  after(async () => {
    await app?.browser.close()
    await app?.server.close()
  })
}

const OWNER = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' } as const

/** Opens the printed link, and creates the owner in the form. */
export async function createOwner({ page }: Tab, printed: string): Promise<void> {
  await page.goto(findSetUpLink(printed))
  await page.getByLabel('Name').fill(OWNER.name)
  await page.getByLabel('Email').fill(OWNER.email)
  await page.getByLabel(/^Password/).fill(OWNER.password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('heading', { name: 'Create your first workflow' }).waitFor()
}

/** Creates the owner without the form. */
async function signUpOwner({ context }: Tab, printed: string): Promise<void> {
  const { origin, hash } = new URL(findSetUpLink(printed))
  const data = { ...OWNER, token: hash.slice('#token='.length) }
  const answer = await context.request.post(`${origin}/api/setup`, {
    data,
    headers: { origin },
    timeout: STEP_TIMEOUT_MS,
  })
  if (answer.status() !== 201) throw new Error(`The owner was not created: ${await answer.text()}`)
}

function findSetUpLink(printed: string): string {
  const link = /http\S+\/setup#token=\S+/.exec(printed)?.[0]
  if (link === undefined) throw new Error(`expected a link to /setup in what the server printed, found:\n${printed}`)
  return link
}

export async function openTabOf(
  { browser, server }: Pick<App, 'browser' | 'server'>,
  { name, role }: { readonly name: string; readonly role: string },
): Promise<Tab> {
  const invited = { email: `${name.toLowerCase()}@example.com`, role }
  const { url } = await must(server.api<{ url: string }>('POST', '/api/invitations', invited), 201)
  const tab = await openTab(browser)
  await tab.page.goto(url)
  await tab.page.getByLabel('Name').fill(name)
  await tab.page.getByLabel(/^Password/).fill(OWNER.password)
  await tab.page.getByRole('button', { name: 'Create account' }).click()
  await tab.page.getByRole('heading', { name: 'Home', level: 1 }).waitFor()
  return tab
}
