import type { Locator, Page } from 'playwright-core'
import { until } from './workflows.ts'

/** Resolves when the language server of the workflow, which the page shows next, has been initialized. */
export function languageServerOf(page: Page, workflowId: string): Promise<void> {
  return new Promise((resolve) => {
    page.on('websocket', (socket) => {
      // The page before may connect once more, and a connection may break.
      if (!socket.url().endsWith(`/${workflowId}/language`)) return
      socket.on('framereceived', ({ payload }) => {
        if (String(payload).includes('"capabilities"')) resolve()
      })
    })
  })
}

/** Repeats the action until the element exists. */
export async function again(wanted: Locator, act: () => Promise<void>): Promise<void> {
  // Each time longer: on a busy machine, a new action drops the answer that is still to come.
  let timeout = 2000
  await until(async () => {
    await act()
    timeout *= 2
    return await wanted
      .first()
      .waitFor({ timeout })
      .then(
        () => true,
        () => false,
      )
  })
}
