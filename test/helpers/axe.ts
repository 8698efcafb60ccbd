/** Accessibility of a page as axe sees it. */

import assert from 'node:assert/strict'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { NARROW, WIDE } from './browser.ts'

/** What is critical, serious or moderate in the page as it is shown now. */
export async function findBarriers(page: Page): Promise<string[]> {
  // The legacy mode opens no second page to finish in, which frames alone need.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode(true)
    .options({ resultTypes: ['violations'] })
    .analyze()
  return violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, impact, nodes }) => `${id} (${impact}) ${nodes[0]?.html}`)
}

export async function assertAccessible({ page }: { page: Page }): Promise<void> {
  assert.deepEqual(await findBarriers(page), [])
}

/** What a dark phone shows; with `AXE=all` also the two views between it and the wide and light one. */
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

/** In these views of the page, which is not loaded again for them, and is wide and light before and after. */
export async function findBarriersInTheDark(page: Page): Promise<string[]> {
  const all: string[] = []
  for (const { viewport, colorScheme, name } of VIEWS) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    const found = await findBarriers(page)
    const [content, window] = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    )
    if (content > window) found.push(`scrolls sideways: ${content} px in ${window}`)
    all.push(...found.map((barrier) => `${name}: ${barrier}`))
  }
  await page.setViewportSize(WIDE)
  await page.emulateMedia({ colorScheme: 'light' })
  return all
}
