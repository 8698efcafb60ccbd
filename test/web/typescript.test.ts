/** Workflows that the app makes: in TypeScript, and of a program of hrflow-connectors. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { keepScreenshot, NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'

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
  assert.equal(await panel.getByRole('button', { name: 'Format the code' }).count(), 1)
  const [workflow] = (await (await page.request.get(`${server.url}/api/workflows`)).json()).data
  assert.deepEqual([workflow.runtime, workflow.deployed_version], ['node24', 1])
  const answer = await fetch(workflow.hook_url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"name":"Ada"}',
  })
  assert.deepEqual(await answer.json(), { message: 'Hello, Ada!' })
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
    await page.route('**/api/connectors**', async (route) => {
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
