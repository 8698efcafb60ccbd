'use strict'

/** Address of the egress broker's reasons (runtimes/egress/broker.py). */
const REASONS = { host: '127.0.0.53', port: 54 }
const PATIENCE_MS = 1000

async function explainRefusal(failure, error) {
  if (!isRefused(error)) return failure
  const reason = await askReason()
  return reason === '' ? failure : { ...failure, message: `${failure.message}. ${reason}` }
}

/** `fetch` nests the connection's error in other errors. */
function isRefused(error) {
  for (let depth = 0, at = error; depth < 5 && typeof at === 'object' && at !== null; depth += 1, at = at.cause) {
    if (at.code === 'EACCES' && at.syscall === 'connect') return true
    if (Array.isArray(at.errors) && at.errors.some(isRefused)) return true
  }
  return false
}

function askReason() {
  return new Promise((resolve) => {
    let text = ''
    const end = () => {
      socket.destroy()
      resolve(text)
    }
    const socket = require('node:net').connect(REASONS)
    socket.setTimeout(PATIENCE_MS, end).setEncoding('utf8')
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('end', end).on('error', end)
  })
}

module.exports = { explainRefusal }
