/** Exporting a workflow in the app, and importing it by choosing and by dropping the ZIP. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { unzip, zip } from '../helpers/archives.ts'
import { NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch } from '../helpers/workflows.ts'

let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp())
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test('a workflow is exported and imported', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { name: 'to go', source: 'def workflow(r, s): return "kept"\n' })
  await page.goto(`${server.url}/workflows/${id}/settings`)
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Export' }).click()
  const saved = await (await download).path()
  assert.equal((await download).suggestedFilename(), 'to-go.zip')
  const bytes = readFileSync(saved)
  assert.match(unzip(bytes)['to-go/workflow.py'] ?? '', /kept/)

  await page.goto(`${server.url}/workflows`)
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Import' }).click()
  await (await chooser).setFiles(saved)
  await page.waitForURL((url) => /\/workflows\/wf_\w+\/function$/.test(url.pathname) && !url.pathname.includes(id))
  await page.getByText('return "kept"').waitFor()
})

test(
  'Z3-45 a ZIP that is dropped on the list is imported, and what is wrong or left out is said',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const drop = async (name: string, bytes: Uint8Array): Promise<void> => {
      await page.goto(`${server.url}/workflows`)
      await page.getByRole('button', { name: 'Import' }).waitFor()
      const file = `new File([new Uint8Array(${JSON.stringify([...bytes])})], ${JSON.stringify(name)})`
      const dataTransfer = await page.evaluateHandle(
        `(() => { const held = new DataTransfer(); held.items.add(${file}); return held })()`,
      )
      await page.dispatchEvent('body', 'drop', { dataTransfer })
    }
    await drop('x.zip', new TextEncoder().encode('no zip'))
    await page.getByText(/expected a ZIP, found a broken one/).waitFor()
    const source = 'def workflow(r, s): return "dropped"\n'
    await drop('y.zip', zip({ 'y/workflow.yaml': 'name: dropped\nkind: catch\n', 'y/workflow.py': source }))
    await page.waitForURL(/\/workflows\/wf_\w+\/function$/)
    await page.getByText('return "dropped"').waitFor()
    const rule = 'alerts:\n  on: [failing]\n  channels: [chan_elsewhere]\n'
    await drop('z.zip', zip({ 'z/workflow.yaml': `name: alerted\nkind: catch\n${rule}`, 'z/workflow.py': source }))
    await page.waitForURL(/\/workflows\/wf_\w+\/function$/)
    await page.getByText(/There is no channel "chan_elsewhere" here, so it was left out. No channel is left/).waitFor()
  },
)
