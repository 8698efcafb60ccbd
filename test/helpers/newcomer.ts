/** What a newcomer does in the app. */

import { keepScreenshot, type Tab } from './browser.ts'
import type { TestServer } from './server.ts'

export const newcomer = (tab: Tab, server: TestServer) => ({
  /** `seconds`: how often a Pull workflow runs. */
  async create(kind: 'Catch' | 'Pull', example: string, name: string, seconds?: number): Promise<void> {
    const { page } = tab
    await page.goto(`${server.url}/workflows`)
    await page.getByRole('button', { name: 'Create workflow' }).click()
    const dialog = page.getByRole('dialog', { name: 'Create workflow' })
    await dialog.getByRole('radio', { name: kind, exact: true }).click()
    await dialog.getByRole('radio', { name: example, exact: true }).check()
    await dialog.getByLabel('Name').fill(name)
    if (seconds !== undefined) {
      await dialog.getByRole('combobox', { name: 'Unit' }).click()
      await page.getByRole('option', { name: 'seconds' }).click()
      await dialog.getByLabel('Runs every').fill(String(seconds))
    }
    await keepScreenshot(tab, `create-${name}`)
    await dialog.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('textbox', { name: /^Code of the function/ }).waitFor()
  },

  async fillIn(name: string, value: string): Promise<void> {
    const row = tab.page.getByRole('group', { name, exact: true })
    await row.getByLabel(`Value of ${name}`).fill(value)
    await row.getByRole('button', { name: 'Save' }).click()
    await row.getByText('add a value').waitFor({ state: 'detached' })
  },

  async addProperty(name: string, value: string): Promise<void> {
    await tab.page.getByRole('button', { name: 'Environment property' }).click()
    const row = tab.page.getByRole('group', { name: 'New property' })
    await row.getByLabel('Name of the new property').fill(name)
    await row.getByLabel(`Value of ${name}`).fill(value)
    await row.getByRole('button', { name: 'Save' }).click()
    await tab.page.getByRole('group', { name, exact: true }).waitFor()
  },
})
