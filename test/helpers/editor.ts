import type { Locator, Page } from 'playwright-core'
import { until } from './workflows.ts'

/** Resolves when the language server of the next page has been initialized. */
export async function languageServerOf(page: Page): Promise<void> {
  const socket = await page.waitForEvent('websocket', (opened) => opened.url().endsWith('/language'))
  await socket.waitForEvent('framereceived', ({ payload }) => String(payload).includes('"capabilities"'))
}

/** Repeats the action until the element exists. */
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
  })
}
