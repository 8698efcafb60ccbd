import assert from 'node:assert/strict'
import { test } from 'node:test'
import { neededSettings } from '../../web/src/features/settings/missing/missing-settings.ts'
import { soundsSecret } from '../../web/src/features/settings/parts/sounds-secret.ts'

const body = (text: string) => neededSettings(`def workflow(_request, settings):\n${text}\n`)

test('a setting that the code reads by its name is needed', () => {
  assert.deepEqual(body('    use(settings["API_KEY"], settings[\'OTHER\'])'), ['API_KEY', 'OTHER'])
  assert.deepEqual(body('    settings["COPY"] = settings["API_KEY"]'), ['API_KEY'])
})

test('a setting that the code can do without is not asked for', () => {
  for (const text of [
    '    settings["A"] = 1\n    print(settings["A"])',
    '    settings["A"] += 1',
    '    del settings["A"]',
    '    if "A" in settings:\n        print(settings["A"])',
    '    if "A" not in settings:\n        return\n    print(settings["A"])',
    '    try:\n        print(settings["A"])\n    except KeyError:\n        pass',
    '    x = settings.get("A", 0)\n    print(settings["A"])',
    '    settings.setdefault("A", 0)\n    print(settings["A"])',
    '    # settings["A"]',
    '    print("""settings["A"]""")',
    '    print(settings["__workflow_id"])',
  ]) {
    assert.deepEqual(body(text), [], text)
  }
})

test('the example of the guide asks for no counter', () => {
  assert.deepEqual(body('    settings["SEEN"] = settings.get("SEEN", 0) + 1\n    print(settings["SEEN"])'), [])
})

const script = (text: string) =>
  neededSettings(`export default async (request, settings) => {\n${text}\n}\n`, 'javascript')

test('a setting that TypeScript reads by its name is needed', () => {
  assert.deepEqual(script('use(settings.S3_ENDPOINT, settings["S3_KEY"], settings.S3_SECRET!)'), [
    'S3_ENDPOINT',
    'S3_KEY',
    'S3_SECRET',
  ])
  assert.deepEqual(script('const { REGION, BUCKET: bucket } = settings'), ['REGION', 'BUCKET'])
  assert.deepEqual(neededSettings('export function workflow(request, { REGION }: WorkflowSettings) {}', 'javascript'), [
    'REGION',
  ])
})

test('a setting that TypeScript can do without is not asked for', () => {
  for (const text of [
    'settings.A = 1\nconsole.log(settings.A)',
    'settings.A += 1',
    'settings.A++',
    'delete settings.A',
    'const seen = settings.A ?? []\nuse(settings.A)',
    'const url = settings.A || "https://example.com"',
    'if (settings.A) use(settings.A)',
    'if ("A" in settings) use(settings.A)',
    'const x = settings.A ? 1 : 2',
    'settings.A?.trim()',
    'try { use(settings.A) } catch {}',
    'const { A = 1 } = settings',
    'settings.increment("A")',
    '// settings.A',
    'use(other.settings.A, "settings.A", settings.__workflow_id)',
  ]) {
    assert.deepEqual(script(text), [], text)
  }
})

test('a property whose name ends in KEY is offered as a secret, and an identifier of HrFlow is not', () => {
  for (const name of ['SCORER_KEY', 'S3_SECRET', 'SENTRY_DSN', 'GITHUB_PAT', 'DB_CREDENTIALS', 'API_KEY'])
    assert.equal(soundsSecret(name), true, name)
  for (const name of ['SOURCE_KEY', 'BOARD_KEY', 'KEYBOARD', 'PATH', 'S3_ENDPOINT', 'SPATIAL'])
    assert.equal(soundsSecret(name), false, name)
})
