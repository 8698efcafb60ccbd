import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInternalHost } from '../../../src/workers/egress/internal-host.ts'

test('an internal host is a name, an address or a range', () => {
  const read = (text: string) => parseInternalHost(text)
  assert.deepEqual(read('crm.corp:443'), { host: 'crm.corp', port: 443 })
  assert.deepEqual(read('*.corp:443'), { host: '*.corp', port: 443 })
  assert.deepEqual(read('10.0.0.5:8080'), { host: '10.0.0.5', port: 8080 })
  assert.deepEqual(read('[fd00:1::5]:443'), { host: 'fd00:1::5', port: 443 })
  assert.deepEqual(read('10.20.0.0/16:443'), { host: '10.20.0.0/16', port: 443 })
  assert.deepEqual(read('10.20.0.0/16'), { host: '10.20.0.0/16', port: null })
  assert.deepEqual(read('[fd00:1::/32]:443'), { host: 'fd00:1::/32', port: 443 })
  assert.deepEqual(read('fd00:1::/32'), { host: 'fd00:1::/32', port: null })
})

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['127.0.0.1:80', /loopback/],
  ['localhost:80', /loopback/],
  ['[::1]:80', /loopback/],
  ['126.0.0.0/7', /loopback/],
  ['169.254.169.254:80', /metadata/],
  ['168.0.0.0/7:80', /metadata/],
  ['[fe80::1]:80', /link-local/],
  ['[fd00:ec2::254]:80', /metadata/],
  ['fd00::/16', /metadata/],
  ['100.100.100.200:80', /metadata/],
  ['0.0.0.0:80', /unspecified/],
  ['[::]:80', /unspecified/],
  ['224.0.0.1:80', /multicast/],
  ['[ff02::1]:80', /multicast/],
  ['255.255.255.255:80', /broadcast/],
  ['[::ffff:10.0.0.5]:80', /IPv4 addresses in IPv6/],
  ['[64:ff9b::a9fe:a9fe]:80', /IPv4 addresses in IPv6/],
  ['10.0.0.0/7', /wider than \/8/],
  ['fc00::/15', /wider than \/16/],
  ['mail.corp:25', /port 25/],
  ['10.20.0.0/16:25', /port 25/],
  ['db.corp:5432', /this server's database/],
  ['DB.corp:5432', /this server's database/],
  ['10.0.0.9:4400', /an address of this server/],
  ['10.0.0.9/32:4400', /an address of this server/],
  ['10.0.0.0/16:4400', /an address of this server/],
  ['[fd00:1::/32]:4400', /an address of this server/],
  ['crm.corp', /expected name:port/],
  ['10.0.0.5', /expected name:port/],
  ['10.0.0.0/33:80', /expected name:port/],
  ['10.0.0.0/16:70000', /expected name:port/],
  ['http://crm.corp:80', /expected name:port/],
  ['crm.corp:80 ', /expected name:port/],
  ['', /expected name:port/],
]

test('what no owner may open is refused with the reason', () => {
  const own = [
    { what: "this server's database", host: 'db.corp', port: 5432 },
    { what: 'an address of this server', host: '10.0.0.9', port: 4400 },
    { what: 'an address of this server', host: 'fd00:1::9', port: 4400 },
  ]
  for (const [host, reason] of REFUSED)
    assert.throws(() => parseInternalHost(host, own), { code: 'bad_request', message: reason }, host)
  assert.deepEqual(parseInternalHost('db.corp:443', own), { host: 'db.corp', port: 443 })
  assert.deepEqual(parseInternalHost('10.1.0.0/16:4400', own), { host: '10.1.0.0/16', port: 4400 })
  assert.deepEqual(parseInternalHost('10.0.0.0/16:443', own), { host: '10.0.0.0/16', port: 443 })
  // The broker refuses the address itself.
  assert.deepEqual(parseInternalHost('10.0.0.0/16', own), { host: '10.0.0.0/16', port: null })
})
