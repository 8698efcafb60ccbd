import type { Locator, Page } from 'playwright-core'
import { visit } from './browser.ts'
import type { TestServer } from './server.ts'
import { must, until, type WorkflowBody } from './workflows.ts'

export const say = (text: string): string => `def workflow(_request, settings):
    return {"status_code": 200, "body": "${text}"}
`

export const codeOf = (page: Page): Locator => page.getByRole('textbox', { name: /^Code of the function/ })

export async function openEditor(page: Page, server: TestServer, { id }: WorkflowBody): Promise<void> {
  await visit(page, `${server.url}/workflows/${id}/function`)
  await codeOf(page).waitFor()
}

export async function typeAtEnd(page: Page, text: string): Promise<void> {
  // The editor reads where a click was later, which may move the cursor back.
  await codeOf(page).press('Control+End')
  await page.keyboard.type(text)
}

export const undo = (page: Page, what: string): Promise<void> =>
  page.getByRole('alert').filter({ hasText: what }).getByRole('button', { name: 'Undo' }).click()

type Version = { readonly number: number; readonly source: string; readonly message: string }

export const versionsOf = async (server: TestServer, { id }: WorkflowBody): Promise<readonly Version[]> =>
  (await must(server.api<{ data: Version[] }>('GET', `/api/workflows/${id}/versions`), 200)).data

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

/** Moves the mouse again, because the editor asks only when it moves, and new marks may replace the one under it. */
export const pointAt = (mark: Locator, shown: Locator): Promise<void> =>
  again(shown, async () => {
    await mark.page().mouse.move(0, 0)
    await mark.hover()
  })
