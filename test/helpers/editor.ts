/** The app's editor in a browser. */

import type { Locator, Page } from 'playwright-core'
import { until } from './workflows.ts'

/** Resolves when the next page's language server has answered the start of its protocol. */
export async function languageServerOf(page: Page): Promise<void> {
  const socket = await page.waitForEvent('websocket', (opened) => opened.url().endsWith('/language'))
  await socket.waitForEvent('framereceived', ({ payload }) => String(payload).includes('"capabilities"'))
}

/** Does it until the element is there. */
export async function again(wanted: Locator, act: () => Promise<void>): Promise<void> {
  await until(async () => {
    await act()
    return await wanted
      .first()
      .waitFor({ timeout: 4000 })
      .then(
        () => true,
        () => false,
      )
  }, 60_000)
}
