import type { Page } from 'playwright-core'
import type { Demo } from '../demo/demo.ts'

export type Picture = {
  readonly path: string
  readonly prepare?: (page: Page) => Promise<void>
}

export const EMPTY_PICTURES: Readonly<Record<string, Picture>> = {
  'first-steps': { path: '/' },
}

export const PUBLIC_PICTURES: Readonly<Record<string, Picture>> = {
  'sign-in': { path: '/sign-in' },
}

/** `liveRun` is the id of an active run. */
export function picturesOf({ workflows, runs }: Demo, liveRun: string): Readonly<Record<string, Picture>> {
  const at = (name: string, tab = '') => `/workflows/${workflows[name]?.id}${tab}`
  return {
    home: { path: '/' },
    workflows: { path: '/workflows' },
    create: {
      path: '/workflows',
      prepare: (page) => page.getByRole('button', { name: 'Create workflow' }).click(),
    },
    'catch-overview': { path: at('parse-resume') },
    'pull-overview': { path: at('sync-jobs') },
    function: { path: at('parse-resume', '/function'), prepare: testFunction },
    'workflow-runs': { path: at('parse-resume', '/runs') },
    'workflow-settings': { path: at('gdpr-retention', '/settings') },
    runs: { path: '/runs' },
    'dead-letters': { path: '/dead-letters' },
    'run-succeeded': { path: `/runs/${runs.succeeded}` },
    'run-failed': { path: `/runs/${runs.failed}` },
    'run-reported': { path: `/runs/${runs.reported}` },
    'run-live': { path: `/runs/${liveRun}` },
    account: { path: '/settings' },
    people: { path: '/settings/people' },
    'api-keys': { path: '/settings/keys' },
    'audit-log': { path: '/settings/audit' },
    system: { path: '/settings/system' },
  }
}

async function testFunction(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: /^Code of the function/ }).waitFor()
  await page
    .getByRole('textbox', { name: 'Body' })
    .fill('{\n  "file_url": "https://files.example.com/cv/alan-turing.pdf"\n}')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('region', { name: 'Response' }).getByText('Alan Turing').waitFor()
}
