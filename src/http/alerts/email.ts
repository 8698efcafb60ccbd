import type { AlertText } from '../../domain/alerts/text.ts'
import { importInTurns } from '../../imports/import-in-turns.ts'

const TIMEOUT_MS = 10_000

/** Throws the mail server's message. The query of `smtpUrl` may name the sender (`?from=alerts@example.com`). */
export async function sendEmail(smtpUrl: string, to: readonly string[], text: AlertText): Promise<void> {
  const url = new URL(smtpUrl)
  const from = url.searchParams.get('from') ?? defaultSender(url)
  url.searchParams.delete('from')
  // Loading took 60 ms of each start.
  await importInTurns(import.meta.resolve('nodemailer'))
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({
    url: url.href,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    await transport.sendMail({ from, to: [...to], subject: text.subject, text: toPlainText(text), html: toHtml(text) })
  } finally {
    transport.close()
  }
}

function defaultSender({ username, hostname }: URL): string {
  const account = decodeURIComponent(username)
  return account.includes('@') ? account : `workflows@${hostname}`
}

function toPlainText({ subject, lines, link }: AlertText): string {
  return [subject, '', ...lines, ...(link === null ? [] : ['', `${link.label}: ${link.url}`]), ''].join('\n')
}

/** Mail programs render inline styles and tables consistently. */
function toHtml({ subject, lines, link }: AlertText): string {
  const rows = lines.map((line) => `<p style="margin:0 0 8px">${escapeHtml(line)}</p>`).join('')
  const button =
    link === null
      ? ''
      : `<p style="margin:16px 0 0"><a href="${escapeHtml(link.url)}" style="display:inline-block;padding:8px 16px;border-radius:6px;background:#1f6feb;color:#ffffff;text-decoration:none">${escapeHtml(link.label)}</a></p>`
  return `<!doctype html><html><body style="margin:0;padding:24px;background:#f4f5f7;font-family:Helvetica,Arial,sans-serif;font-size:15px;color:#1c2024"><table role="presentation" width="100%" style="max-width:560px;margin:0 auto;background:#ffffff;border-radius:8px"><tr><td style="padding:24px"><h1 style="margin:0 0 12px;font-size:18px">${escapeHtml(subject)}</h1>${rows}${button}</td></tr></table></body></html>`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
