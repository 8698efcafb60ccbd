import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import { must } from '../../../helpers/workflows.ts'

type Made = { readonly url: string; readonly mail: { readonly sent: boolean; readonly detail: string | null } | null }

const mails: { readonly to: readonly string[]; readonly text: string }[] = []
let refuses = false
let smtp: SMTPServer
let server: TestServer

before(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, done) => done(refuses ? new Error('No such mailbox here') : null),
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        mails.push({ to: envelope.rcptTo.map(({ address }) => address), text: Buffer.concat(chunks).toString('utf8') })
        done()
      })
    },
  })
  const port = await new Promise<number>((resolve) => {
    const listening = smtp.listen(0, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port))
  })
  server = await startServer({ env: { WORKFLOWS_SMTP_URL: `smtp://127.0.0.1:${port}?from=hello@example.com` } })
})
after(async () => {
  await server.close()
  await new Promise<void>((done) => smtp.close(() => done()))
})

const invite = (email: string) => must(server.api<Made>('POST', '/api/invitations', { email, role: 'viewer' }), 201)

test('an invitation is mailed to the person, with the link that the answer has', async () => {
  const { url, mail } = await invite('grace@example.com')
  assert.deepEqual(mail, { sent: true, detail: null })
  assert.deepEqual(mails.at(-1)?.to, ['grace@example.com'])
  const text = (mails.at(-1)?.text ?? '').replaceAll('=\r\n', '').replaceAll('=3D', '=')
  assert.match(text, /From: hello@example\.com/)
  assert.ok(text.includes(url), text)
})

test('an invitation whose mail is refused is made, and says why it was not sent', async () => {
  refuses = true
  const { url, mail } = await invite('nobody@example.com')
  assert.match(url, /\/join#token=/)
  assert.equal(mail?.sent, false)
  assert.match(mail?.detail ?? '', /No such mailbox here/)
})
