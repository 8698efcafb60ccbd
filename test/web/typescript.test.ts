/** TypeScript: the language of a new workflow, the editor's help by a real language server, and a connector's program. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { intercept, keepScreenshot, NEEDS_BROWSER, openApp, type Tab, withApp } from '../helpers/browser.ts'
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
let tab: Tab

withApp(
  (app) => ({ server, tab } = app),
  async () => {
    registry = await startRegistry([GREET])
    return await openApp({ env: { NPM_CONFIG_REGISTRY: registry.url } })
  },
)
after(() => registry?.close())

test('the language is chosen when a workflow is created, and the editor follows it', NEEDS_BROWSER, async () => {
  const { page } = tab
  await page.goto(`${server.url}/workflows`)
  await page.getByRole('button', { name: 'Create workflow' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create workflow' })
  await dialog.getByRole('radio', { name: 'Catch', exact: true }).click()
  await dialog.getByRole('radio', { name: 'SmartRecruiters', exact: false }).first().check()
  await dialog.getByRole('radio', { name: 'TypeScript', exact: true }).check()
  // The same examples are offered in both languages.
  assert.equal(await dialog.getByRole('radio', { name: 'SmartRecruiters', exact: false }).first().isChecked(), true)
  await dialog.getByRole('radio', { name: 'Blank', exact: false }).first().check()
  await dialog.getByLabel('Name').fill('hello-script')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  const panel = page.getByRole('region', { name: 'Function' })
  await panel.getByText('workflow.ts', { exact: true }).waitFor()
  await panel.getByText('export default async function').first().waitFor()
  await panel.getByRole('button', { name: 'Format the code' }).waitFor()
  const [workflow] = (await (await page.request.get(`${server.url}/api/workflows`)).json()).data
  assert.deepEqual([workflow.runtime, workflow.deployed_version], ['node24', 1])
  const answer = await fetch(workflow.hook_url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"name":"Ada"}',
  })
  assert.deepEqual(await answer.json(), { message: 'Hello, Ada!' })
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
    const isReady = languageServerOf(page, workflow.id)
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
  const isReady = languageServerOf(page, workflow.id)
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

const PROGRAM = {
  connector: 'Acme',
  action: 'create_jobs_in_hrflow',
  kind: 'pull',
  generation: 'v2',
  incremental: true,
}
const PARAMETER = {
  description: 'What Acme calls it',
  type: 'string',
  choices: [],
  required: true,
  secret: false,
  default: null,
}
const PARAMETERS = [
  { ...PARAMETER, key: 'connector_auth_api_key', name: 'api_key', place: 'Acme', secret: true },
  { ...PARAMETER, key: 'push_parameters_board_key', name: 'board_key', place: 'HrFlow' },
  {
    ...PARAMETER,
    key: 'pull_parameters_limit',
    name: 'limit',
    place: 'Acme',
    type: 'integer',
    required: false,
    default: '10',
  },
]
const CONNECTOR_SOURCE = 'def workflow(settings):\n    return settings["pull_parameters_limit"] + 1\n'

test(
  'K11 a workflow is made of a connector: its program, and its parameters with their descriptions',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const list = [
      { ...PROGRAM, id: 'acme' },
      { ...PROGRAM, id: 'other', connector: 'Beta', incremental: false },
      { ...PROGRAM, id: 'catch', connector: 'Gamma', kind: 'catch' },
    ]
    const asked: string[] = []
    await intercept(page, '**/api/connectors**', async (route) => {
      const url = new URL(route.request().url())
      asked.push(url.pathname + url.search)
      const whole = { ...PROGRAM, id: 'acme', source: CONNECTOR_SOURCE, parameters: PARAMETERS }
      await route.fulfill({ json: url.pathname.endsWith('/connectors') ? { version: '4.28.0', data: list } : whole })
    })
    await page.goto(`${server.url}/workflows`)
    await page.getByRole('button', { name: 'Create workflow' }).click()
    const dialog = page.getByRole('dialog', { name: 'Create workflow' })
    await dialog.getByRole('radio', { name: 'Pull', exact: true }).click()
    assert.equal(asked.length, 0, 'the package is installed only for those who want it')
    await dialog.getByRole('radio', { name: 'HrFlow connector' }).check()
    await dialog.getByLabel('Name').fill('acme-jobs')
    assert.equal(await dialog.getByRole('button', { name: 'Create', exact: true }).isDisabled(), true)
    await dialog.getByRole('combobox', { name: 'Connector' }).click()
    assert.equal(await page.getByRole('option', { name: 'Gamma' }).count(), 0, 'it is a catch')
    await page.getByRole('option', { name: 'Acme' }).click()
    await dialog.getByRole('checkbox', { name: 'Read only what is new' }).check()
    await dialog.getByRole('group', { name: 'Acme' }).getByLabel('api_key').fill('k-1')
    await dialog.getByRole('group', { name: 'HrFlow' }).getByLabel('board_key').fill('b-1')
    await dialog.getByText('Optional parameters (1)').click()
    await dialog.getByLabel('limit (Acme)').fill('5')
    await keepScreenshot(tab, 'create-connector')
    await dialog.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('textbox', { name: /^Code of the function/ }).waitFor()
    assert.ok(asked.includes('/api/connectors/acme?incremental=true'), asked.join(' '))
    const workflows = (await (await page.request.get(`${server.url}/api/workflows`)).json()).data
    const {
      id,
      kind,
      deployed_version: deployed,
      description,
    } = workflows.find((one: { name: string }) => one.name === 'acme-jobs')
    assert.deepEqual([kind, deployed, description], ['pull', 1, 'Acme: create jobs in hrflow, by hrflow-connectors.'])
    const settings: { key: string; value: unknown; secret: boolean }[] = (
      await (await page.request.get(`${server.url}/api/workflows/${id}/settings`)).json()
    ).data
    assert.deepEqual(settings.map(({ key, value, secret }) => [key, secret ? 'secret' : value]).sort(), [
      ['__incremental', 'enable'],
      ['connector_auth_api_key', 'secret'],
      ['pull_parameters_limit', 5],
      ['push_parameters_board_key', 'b-1'],
    ])
  },
)
