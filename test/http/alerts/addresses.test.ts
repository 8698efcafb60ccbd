import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { parseConfig } from '../../../src/config.ts'
import { resolveTarget } from '../../../src/http/alerts/addresses.ts'

const rules = (allow = '', deny = '') =>
  parseConfig({ WORKFLOWS_EGRESS_ALLOW: allow, WORKFLOWS_EGRESS_DENY: deny }).egress

test('Y17 an alert goes where functions may go: no private address, no mail server, nothing that the operator denies', async () => {
  assert.deepEqual(await resolveTarget('9.9.9.9', 443, rules()), { address: '9.9.9.9', family: 4 })
  const cases: [string, number, ReturnType<typeof rules>, RegExp][] = [
    ['10.0.0.5', 443, rules(), /blocked: 10\.0\.0\.5:443 is a private address; .*WORKFLOWS_EGRESS_ALLOW/],
    ['168.63.129.16', 80, rules(), /is a private address/],
    ['[::ffff:10.0.0.5]', 443, rules(), /is a private address/],
    ['[fd00::1]', 443, rules(), /blocked: \[fd00::1\]:443 is a private address/],
    ['localhost', 443, rules(), /is a private address/],
    ['9.9.9.9', 25, rules(), /port 25 is closed/],
    ['9.9.9.9', 443, rules('', '9.9.9.0/24'), /is refused by the operator \(WORKFLOWS_EGRESS_DENY\)/],
    ['9.9.9.9', 443, rules('9.9.9.9:443', '9.9.9.9:443'), /is refused by the operator/],
    ['[2620:fe::fe]', 443, rules('', '2620:fe::/32'), /is refused by the operator/],
  ]
  for (const [host, port, given, message] of cases) {
    await assert.rejects(resolveTarget(host, port, given), { message }, `${host}:${port}`)
  }
  assert.equal((await resolveTarget('9.9.9.9', 443, rules('', '9.9.9.9:80'))).address, '9.9.9.9')
  assert.equal((await resolveTarget('10.0.0.5', 443, rules('10.0.0.5:443'))).address, '10.0.0.5')
})

test('Y17 addresses of the machine itself are refused, public or not', async () => {
  const own = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  assert.ok(own.length > 0)
  for (const { address, family } of own) {
    const host = family === 'IPv6' ? `[${address}]` : address
    await assert.rejects(resolveTarget(host, 443, rules()), /^Error: blocked: /)
  }
})
