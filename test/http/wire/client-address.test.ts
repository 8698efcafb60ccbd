import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { parseAddressRange } from '../../../src/config.ts'
import { createClientAddress, isAllowed } from '../../../src/http/wire/client-address.ts'

function from(peer: string, forwarded?: string): { socket: Socket; headers: { 'x-forwarded-for'?: string } } {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: peer })
  return { socket, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }
}

test('H47 A11 the client is the peer, or the last address that a trusted proxy has written', () => {
  const address = createClientAddress(['192.0.2.0/24', '2001:db8::/32'].map(parseAddressRange))
  assert.equal(address(from('::ffff:203.0.113.1', '10.0.0.1')), '203.0.113.1')
  assert.equal(address(from('fe80::1%eth0')), 'fe80::1')
  assert.equal(address(from('192.0.2.9')), '192.0.2.9')
  assert.equal(address(from('192.0.2.9', '10.0.0.1, 198.51.100.1')), '198.51.100.1')
  assert.equal(address(from('2001:db8::9', '198.51.100.1 , 192.0.2.1,2001:db8::5')), '198.51.100.1')
  assert.equal(address(from('192.0.2.9', '192.0.2.8')), '192.0.2.8')
  for (const nothing of ['', 'unknown', '10.0.0.1,', '"10.0.0.1"', '10.0.0.1:443', '[::1]']) {
    assert.equal(address(from('192.0.2.9', nothing)), '', nothing)
  }
  assert.equal(address(from('192.0.2.9', `10.0.0.1,${'192.0.2.1,'.repeat(100)}192.0.2.2`)), '192.0.2.1')
})

test('ranges contain their addresses, and no range contains an unknown one', () => {
  const ranges = ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7', '0.0.0.0/1']
  for (const address of ['10.255.0.1', '2001:db8:1::1', '192.0.2.7', '127.0.0.1']) assert.ok(isAllowed(ranges, address))
  for (const address of ['192.0.2.8', '2001:db9::1', '', 'unknown', '128.0.0.1']) assert.ok(!isAllowed(ranges, address))
})
