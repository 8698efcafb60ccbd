/** A sandbox's /etc reveals nothing about the host. */

import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isOpen } from '../machine/reach.ts'

export type Names = { readonly resolvConf: string; readonly hosts: string }

export const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt'
const ALTERNATIVES = '/etc/alternatives'
export const NO_NETWORK: Names = { resolvConf: '', hosts: '127.0.0.1 localhost\n::1 localhost\n' }

const CA_BUNDLES = [CA_BUNDLE, '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem', '/etc/ssl/cert.pem']
/** The loader finds libraries in other folders through `ld.so.cache`. */
const COPIED = ['ld.so.cache', 'mime.types', 'services', 'protocols', 'ssl/openssl.cnf']

export function writeEtc(folder: string, { resolvConf, hosts }: Names): void {
  const write = (name: string, text: string) => {
    prepare(join(folder, name))
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), 0o644)
  }
  mkdirSync(folder, { mode: 0o755 })
  write('passwd', 'root:x:0:0::/root:/usr/sbin/nologin\nworkflow:x:65534:65534::/tmp:/bin/sh\n')
  write('group', 'root:x:0:\nworkflow:x:65534:\n')
  write('nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n')
  write('resolv.conf', resolvConf)
  write('hosts', hosts)
  for (const name of COPIED) copy(`/etc/${name}`, join(folder, name))
  const bundle = CA_BUNDLES.find((path) => existsSync(path))
  if (bundle !== undefined) copy(bundle, join(folder, CA_BUNDLE.slice('/etc/'.length)))
  mkdirSync(join(folder, 'alternatives'), { mode: 0o755 })
}

/** Debian's awk and which are links in this folder. Copying its 330 links took 0.1 to 0.2 s. */
export const alternatives = (): readonly string[] =>
  existsSync(ALTERNATIVES) && isOpen(ALTERNATIVES) ? [ALTERNATIVES] : []

function copy(from: string, to: string): void {
  if (!existsSync(from)) return
  prepare(to)
  copyFileSync(from, to)
  chmodSync(to, 0o644)
}

function prepare(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
}
