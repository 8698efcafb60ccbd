import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddressRange, parseConfig } from '../src/config.ts'

test('trusted proxies are addresses and ranges; everything else stops the start with what was expected', () => {
  const { trustedProxies } = parseConfig({ WORKFLOWS_TRUSTED_PROXIES: ' 10.0.0.0/8, ::1,,192.0.2.7 ' }).server
  assert.deepEqual(trustedProxies, [
    { address: '10.0.0.0', prefix: 8, family: 'ipv4' },
    { address: '::1', prefix: 128, family: 'ipv6' },
    { address: '192.0.2.7', prefix: 32, family: 'ipv4' },
  ])
  assert.deepEqual(parseConfig({}).server.trustedProxies, [])
  for (const text of [
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0/8',
    '::/129',
    'fe80::1%eth0',
    '/8',
    '1.2.3.4/-1',
    '*',
  ]) {
    const refusal = { name: 'StartError', exitCode: 2, message: /WORKFLOWS_TRUSTED_PROXIES: expected an address/ }
    assert.throws(() => parseConfig({ WORKFLOWS_TRUSTED_PROXIES: text }), refusal)
    assert.throws(() => parseAddressRange(text), /expected an address/)
  }
})

test('Y17 destinations that functions may not reach are addresses and ranges, with a port or without', () => {
  const text = '203.0.113.0/24, 203.0.113.7:25,[2001:db8::/32]:443,2001:db8::1'
  assert.deepEqual(parseConfig({ WORKFLOWS_EGRESS_DENY: text }).egress.deny, [
    { address: '203.0.113.0', prefix: 24, family: 'ipv4', port: null },
    { address: '203.0.113.7', prefix: 32, family: 'ipv4', port: 25 },
    { address: '2001:db8::', prefix: 32, family: 'ipv6', port: 443 },
    { address: '2001:db8::1', prefix: 128, family: 'ipv6', port: null },
  ])
  for (const wrong of ['example.com', '10.0.0.0/8:0', '10.0.0.1:65536', '[::1', '10.0.0.0/33']) {
    const refusal = { name: 'StartError', exitCode: 2, message: /WORKFLOWS_EGRESS_DENY: expected/ }
    assert.throws(() => parseConfig({ WORKFLOWS_EGRESS_DENY: wrong }), refusal)
  }
})

test('a provider for sign-ins needs its whole configuration, and https', () => {
  const whole = {
    WORKFLOWS_PUBLIC_URL: 'https://workflows.example.com',
    WORKFLOWS_OIDC_ISSUER: 'https://login.example.com/realms/hr/',
    WORKFLOWS_OIDC_CLIENT_ID: 'workflows',
    WORKFLOWS_OIDC_CLIENT_SECRET: 's3cret',
  }
  assert.deepEqual(parseConfig(whole).oidc, {
    issuer: 'https://login.example.com/realms/hr',
    clientId: 'workflows',
    clientSecret: 's3cret',
    name: 'login.example.com',
    roleClaim: null,
    roles: ['owner', 'editor', 'viewer'].map((role) => ({ role, value: role })),
  })
  assert.equal(parseConfig({}).oidc, null)
  const roles = { WORKFLOWS_OIDC_ROLE_CLAIM: 'groups', WORKFLOWS_OIDC_ROLES: 'owner=HR admins, viewer=*' }
  assert.deepEqual(parseConfig({ ...whole, ...roles }).oidc?.roles, [
    { role: 'owner', value: 'HR admins' },
    { role: 'viewer', value: '*' },
  ])
  const wrong: Record<string, string>[] = [
    { WORKFLOWS_PUBLIC_URL: '' },
    { WORKFLOWS_OIDC_ISSUER: '' },
    { WORKFLOWS_OIDC_ISSUER: 'http://login.example.com' },
    { WORKFLOWS_OIDC_CLIENT_ID: '' },
    { WORKFLOWS_OIDC_CLIENT_SECRET: '' },
    { WORKFLOWS_OIDC_ROLES: 'admin=admins' },
  ]
  for (const change of wrong) {
    const name = /WORKFLOWS_OIDC_(ISSUER|ROLES): expected/
    assert.throws(() => parseConfig({ ...whole, ...change }), { name: 'StartError', message: name })
  }
})

test('a bucket for backups needs its name and both keys; what is wrong is said without them', () => {
  const whole = {
    WORKFLOWS_BACKUP_S3_BUCKET: 'hr-backups',
    WORKFLOWS_BACKUP_S3_ACCESS_KEY: 'AK-hidden',
    WORKFLOWS_BACKUP_S3_SECRET_KEY: 'SK-hidden',
  }
  const keys = { accessKey: 'AK-hidden', secretKey: 'SK-hidden' }
  const amazon = { endpoint: null, region: 'us-east-1', bucket: 'hr-backups', prefix: '', pathStyle: false, ...keys }
  assert.deepEqual(parseConfig(whole).backups.bucket, amazon)
  const own = {
    WORKFLOWS_BACKUP_S3_ENDPOINT: 'https://s3.example.com/',
    WORKFLOWS_BACKUP_S3_REGION: 'eu-west-3',
    WORKFLOWS_BACKUP_S3_PREFIX: 'a/b/',
  }
  const place = { endpoint: 'https://s3.example.com', region: 'eu-west-3', prefix: 'a/b/', pathStyle: true }
  assert.deepEqual(parseConfig({ ...whole, ...own }).backups.bucket, { ...amazon, ...place })
  const off = { ...whole, ...own, WORKFLOWS_BACKUP_S3_PATH_STYLE: 'off' }
  assert.equal(parseConfig(off).backups.bucket?.pathStyle, false)
  assert.equal(parseConfig({}).backups.bucket, null)
  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ WORKFLOWS_BACKUP_S3_BUCKET: '' }, /_BUCKET: expected the name of a bucket/],
    [{ WORKFLOWS_BACKUP_S3_BUCKET: 'A_b' }, /_BUCKET: expected 3 to 63/],
    [{ WORKFLOWS_BACKUP_S3_ACCESS_KEY: '' }, /_BUCKET: expected WORKFLOWS_BACKUP_S3_ACCESS_KEY and/],
    [{ WORKFLOWS_BACKUP_S3_SECRET_KEY: 'SK-hidden with spaces' }, /_SECRET_KEY: expected 1 to 1,000 printable/],
    [{ WORKFLOWS_BACKUP_S3_ENDPOINT: 'https://user:SK-hidden@s3.example.com' }, /_ENDPOINT: expected a URL such as/],
    [{ WORKFLOWS_BACKUP_S3_PREFIX: '../a' }, /_PREFIX: expected names/],
    [{ WORKFLOWS_BACKUP_S3_REGION: 'eu west' }, /_REGION: expected a region/],
    [{ WORKFLOWS_BACKUP_DIR: '/backups' }, /_BUCKET: expected it or WORKFLOWS_BACKUP_DIR, found both/],
  ]
  for (const [change, expected] of wrong) {
    const isRight = (error: unknown) => {
      assert.ok(error instanceof Error && error.name === 'StartError')
      assert.match(error.message, expected)
      assert.doesNotMatch(error.message, /hidden/)
      return true
    }
    assert.throws(() => parseConfig({ ...whole, ...change }), isRight)
  }
})
