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

/** As a dark phone shows the page, which is not loaded again for it, and is wide and light before and after. */
export async function findBarriersInTheDark(page: Page): Promise<string[]> {
  await page.setViewportSize(NARROW)
  await page.emulateMedia({ colorScheme: 'dark' })
  const found = await findBarriers(page)
  const [content, window] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  )
  if (content > window) found.push(`scrolls sideways: ${content} px in ${window}`)
  await page.setViewportSize(WIDE)
  await page.emulateMedia({ colorScheme: 'light' })
  return found.map((barrier) => `narrow, dark: ${barrier}`)
}
