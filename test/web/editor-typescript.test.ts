/** The editor's help for TypeScript: a real language server, and the types of a package. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { keepScreenshot, NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import { again, languageServerOf } from '../helpers/editor.ts'
import { type Registry, startRegistry } from '../helpers/registry.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, must, until } from '../helpers/workflows.ts'

const GREET = {
  name: '@team/greet',
  version: '1.2.0',
  manifest: { types: './index.d.ts' },
  files: {
    'index.js': 'export const greet = (name) => name\n',
    'index.d.ts': '/** Greets a person. */\nexport declare function greet(name: string): string\n',
  },
}

let registry: Registry
let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  registry = await startRegistry([GREET])
  ;({ browser, server, tab } = await openApp({ env: { NPM_CONFIG_REGISTRY: registry.url } }))
})
after(async () => {
  await browser?.close()
  await server?.close()
  registry?.close()
})

test(
  'E03 the editor completes a package in TypeScript by its types, and underlines what does not fit',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const workflow = await createCatch(server, {
      source: 'export default () => 1\n',
      runtime: 'node24',
      settings: { BOARD_KEY: 'b' },
    })
    const source = `import { greet } from 'npm:@team/greet@^1'
import { later } from 'npm:later@1'
import { full } from './lib/full.ts'

export default function workflow(request, settings) {
  const count: number = greet(request.method)
  full(1)
  return { status_code: 200, body: count }
}
`
    const files = { 'lib/full.ts': '/** Both names. */\nexport const full = (person: number): number => person\n' }
    const deployed = source.replace("import { later } from 'npm:later@1'\n", '')
    await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: deployed, files }), 201)
    const isReady = languageServerOf(page)
    await page.goto(`${server.url}/workflows/${workflow.id}/function`)
    const code = page.getByRole('textbox', { name: /^Code of/ })
    await code.waitFor()
    await isReady
    await code.focus()
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText(source)
    const line = (text: string) => page.locator('.cm-line').filter({ hasText: text })
    // TypeScript's own words, in the editor's list of mistakes.
    const mistake = page.locator('.cm-lintRange-error')
    await mistake.filter({ hasText: 'count' }).first().waitFor()
    await page.locator('.cm-lintRange-info').filter({ hasText: 'npm:later@1' }).first().waitFor()
    await again(page.locator('.cm-lsp-hover-tooltip').getByText('Greets a person.'), async () => {
      await page.mouse.move(0, 0)
      await line('greet(request').getByText('greet', { exact: true }).hover()
    })
    await page.mouse.move(0, 0)
    await line('full(1)').getByText('full', { exact: true }).click()
    await again(page.getByRole('textbox', { name: /^Code of lib\/full.ts/ }), () => page.keyboard.press('F12'))
    await page
      .getByRole('navigation', { name: 'Files' })
      .getByRole('button', { name: /^workflow.ts/ })
      .click()
    await line('full(1)').click()
    await page.keyboard.press('End')
    await page.keyboard.type('\nsettings.')
    for (const name of [/^BOARD_KEY/, /^__workflow_id/])
      await again(page.getByRole('option', { name }), async () => {
        await page.keyboard.press('Escape')
        await page.keyboard.press('Control+Space')
      })
    await keepScreenshot(tab, 'editor-language-typescript')
    await page.keyboard.press('Escape')
    assert.deepEqual(tab.errors, [])
  },
)

test('packages, properties, the sample and Format work on TypeScript', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'export default () => 1\n', runtime: 'node24' })
  const source = `import { greet } from '@team/greet'

export default function workflow(request, settings) {
      return { status_code: 200, body: greet(request.fields.email + settings.SCORER_KEY) }
}
`
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source, deploy: false }), 201)
  const isReady = languageServerOf(page)
  await page.goto(`${server.url}/workflows/${workflow.id}/function`)
  const code = page.getByRole('textbox', { name: /^Code of/ })
  await code.waitFor()
  const panel = page.getByRole('region', { name: 'Packages' })
  await panel.getByText('names no version').waitFor()
  await page.getByRole('textbox', { name: 'Value of SCORER_KEY' }).waitFor()
  await page.getByText('ada@example.com').first().waitFor()
  await keepScreenshot(tab, 'packages-typescript-bare')
  await panel.getByRole('button', { name: 'Use npm:@team/greet' }).click()
  await code.getByText("'npm:@team/greet@^1.2.0'").waitFor()
  await panel.getByText('pending').waitFor()
  await isReady
  await page.getByRole('button', { name: 'Format the code' }).click()
  await until(async () => /^ {2}return/m.test((await code.locator('.cm-line').allInnerTexts()).join('\n')))
  // A test installs the package, so its types are known before a deployment.
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('region', { name: 'Response' }).waitFor()
  await again(page.locator('.cm-lsp-hover-tooltip').getByText('Greets a person.'), async () => {
    await page.mouse.move(0, 0)
    await code.locator('.cm-line').filter({ hasText: 'greet(request' }).getByText('greet', { exact: true }).hover()
  })
  await page.mouse.move(0, 0)
  await page.getByRole('button', { name: 'Deploy', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Deploy', exact: true }).click()
  await panel.getByText(/^Ready · node24 · /).waitFor()
  await panel.getByText('1.2.0', { exact: true }).waitFor()
  await panel.getByRole('button', { name: 'Upgrade' }).click()
  await page.getByRole('dialog').getByText('All packages are up to date.').waitFor()
  await page.keyboard.press('Escape')
  await keepScreenshot(tab, 'packages-typescript')
  await panel.getByRole('button', { name: 'Remove @team/greet@^1.2.0' }).click()
  await code.getByText('import { greet }').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Discard', exact: true }).click()
  assert.deepEqual(tab.errors, [])
})
