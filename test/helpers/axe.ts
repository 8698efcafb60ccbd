import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { NARROW, WIDE } from './browser.ts'

/** Playwright's builder sends the program for each check, which doubles the time. */
const AXE = readFileSync(
  createRequire(import.meta.resolve('@axe-core/playwright')).resolve('axe-core/axe.min.js'),
  'utf8',
)
const RUN = "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)"

type Violation = { readonly id: string; readonly impact: string; readonly nodes: readonly { readonly html: string }[] }

/** Returns critical, serious and moderate problems of the page. */
export async function findBarriers(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(AXE)
  const violations = await page.evaluate<readonly Violation[]>(RUN)
  return violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, impact, nodes }) => `${id} (${impact}) ${nodes[0]?.html}`)
}

export async function assertAccessible({ page }: { page: Page }): Promise<void> {
  assert.deepEqual(await findBarriers(page), [])
}

/** The view of a dark phone. `AXE=all` adds two views between it and the wide, light one. */
const VIEWS: readonly View[] = [
  { viewport: NARROW, colorScheme: 'dark', name: 'narrow, dark' },
  ...(process.env.AXE === 'all'
    ? [
        { viewport: WIDE, colorScheme: 'dark', name: 'wide, dark' } as const,
        { viewport: NARROW, colorScheme: 'light', name: 'narrow, light' } as const,
      ]
    : []),
]
type View = {
  readonly viewport: { readonly width: number; readonly height: number }
  readonly colorScheme: 'light' | 'dark'
  readonly name: string
}

/** Does not reload the page, which is wide and light before and after. */
export async function findBarriersInTheDark(page: Page): Promise<string[]> {
  const all: string[] = []
  for (const { viewport, colorScheme, name } of VIEWS) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    const found = [...(await findBarriers(page)), ...(await findOverflow(page))]
    all.push(...found.map((barrier) => `${name}: ${barrier}`))
  }
  await page.setViewportSize(WIDE)
  await page.emulateMedia({ colorScheme: 'light' })
  return all
}

/** Returns one line if the page is wider than a phone. */
export async function findOverflowOnPhone(page: Page): Promise<string[]> {
  await page.setViewportSize(NARROW)
  const found = await findOverflow(page)
  await page.setViewportSize(WIDE)
  return found
}

/** Returns one line if the page is wider than its window. */
export async function findOverflow(page: Page): Promise<string[]> {
  // Parts that watch their own size change once more after the window has changed.
  const measure = '[document.documentElement.scrollWidth, document.documentElement.clientWidth]'
  const fits = `(([content, window]) => content <= window)(${measure})`
  await page.waitForFunction(fits, undefined, { timeout: 20_000 }).catch(() => {})
  const [content, window] = await page.evaluate<[number, number]>(measure)
  return content > window ? [`scrolls sideways: ${content} px in ${window}`] : []
}
