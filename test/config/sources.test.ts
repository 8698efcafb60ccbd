import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gatherOptions } from '../../src/config/sources.ts'

const folder = mkdtempSync(join(tmpdir(), 'workflows-config-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const KNOWN = {
  variables: ['WORKFLOWS_PORT', 'DATABASE_URL', 'WORKFLOWS_EGRESS_ALLOW', 'WORKFLOWS_PACKAGE_BUILDS'],
  secrets: ['DATABASE_URL'],
}
function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
const gather = (environment: Readonly<Record<string, string>>) => gatherOptions(environment, KNOWN)

test('the configuration file says what no variable does', () => {
  const file = write(
    'good.yaml',
    'port: 4500\negress_allow: [10.0.0.1:80, db:5432]\npackage_builds: false\ndatabase_url:\n',
  )
  const { environment, origins, problems } = gather({ WORKFLOWS_CONFIG: file, WORKFLOWS_PORT: '4600', OTHER: '' })
  assert.deepEqual(problems, [])
  assert.deepEqual(
    { ...environment, WORKFLOWS_CONFIG: undefined },
    {
      WORKFLOWS_PORT: '4600',
      WORKFLOWS_EGRESS_ALLOW: '10.0.0.1:80,db:5432',
      WORKFLOWS_PACKAGE_BUILDS: 'off',
      WORKFLOWS_CONFIG: undefined,
    },
  )
  assert.equal(origins.get('WORKFLOWS_PORT'), 'variable')
  assert.equal(origins.get('WORKFLOWS_EGRESS_ALLOW'), 'configuration file')
  assert.equal(origins.has('DATABASE_URL'), false)
})

test('a secret is read from the file that its variable names, without the last line feed', () => {
  const secret = write('url', 'postgres://u:p@db/w\n')
  const named = gather({ DATABASE_URL_FILE: secret })
  assert.equal(named.environment.DATABASE_URL, 'postgres://u:p@db/w')
  assert.equal(named.origins.get('DATABASE_URL'), 'file of a secret')
  const file = write('named.yaml', `database_url_file: ${secret}\n`)
  assert.equal(gather({ WORKFLOWS_CONFIG: file }).environment.DATABASE_URL, 'postgres://u:p@db/w')
  const won = gather({ WORKFLOWS_CONFIG: file, DATABASE_URL: 'postgres://other' })
  assert.deepEqual([won.problems, won.environment.DATABASE_URL], [[], 'postgres://other'])
})

const WRONG: Readonly<Record<string, readonly [environment: Record<string, string>, problem: RegExp]>> = {
  'an unknown option': [{ WORKFLOWS_CONFIG: write('a.yaml', 'prot: 1\n') }, /a\.yaml: unknown option "prot"/],
  'a value that no option takes': [
    { WORKFLOWS_CONFIG: write('b.yaml', 'port: {a: 1}\n') },
    /b\.yaml: port: expected a text/,
  ],
  'a list at its top': [
    { WORKFLOWS_CONFIG: write('c.yaml', '- 1\n') },
    /c\.yaml: expected options in YAML: it holds no options/,
  ],
  'a missing file': [{ WORKFLOWS_CONFIG: join(folder, 'none.yaml') }, /none\.yaml: expected options in YAML: ENOENT/],
  'a secret given twice': [
    { DATABASE_URL: 'x', DATABASE_URL_FILE: 'y' },
    /expected DATABASE_URL or DATABASE_URL_FILE, found both/,
  ],
  'an empty secret': [{ DATABASE_URL_FILE: write('empty', '\n') }, /DATABASE_URL_FILE: it is empty/],
}
for (const [name, [environment, problem]] of Object.entries(WRONG)) {
  test(`${name} is a problem`, () => assert.match(gather(environment).problems.join('\n'), problem))
}

test('the words of a problem never quote the file', () => {
  const file = write('broken.yaml', 'database_url: "postgres://u:swordfish@db\nport: [swordfish\n')
  assert.doesNotMatch(gather({ WORKFLOWS_CONFIG: file }).problems.join('\n'), /swordfish/)
})
