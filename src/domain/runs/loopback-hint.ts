const REFUSED = /ECONNREFUSED|Errno 111|Connection refused/
const LOOPBACK = /(127\.0\.0\.1|localhost|0\.0\.0\.0)(?:'?, port=|:)(\d{1,5})\b/

/** Null unless the function expected a server of the host on its own loopback. */
export function loopbackHint(failure: string): string | null {
  const [, host, port] = (REFUSED.test(failure) ? LOOPBACK.exec(failure) : null) ?? []
  if (host === undefined) return null
  return (
    `${host} is the sandbox itself. To reach port ${port} of this computer, start the server with ` +
    `WORKFLOWS_EGRESS_ALLOW=127.0.0.1:${port}.`
  )
}
