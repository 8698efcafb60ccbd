/** HrFlow's API. generated/methods.js says what each method sends. It is generated from the Python SDK. */

import { addFolder } from './folder.js'
import { METHODS } from './generated/methods.js'
import { Transport } from './transport.js'
import { webhookMethods } from './webhooks.js'

export { HrflowError } from './transport.js'

export class Hrflow {
  /** @param {import('./index.d.ts').Options} options */
  constructor(options) {
    const transport = new Transport(options)
    for (const [path, method] of Object.entries(METHODS)) {
      addMethod(this, path, (given) => transport.call(`client.${path}`, method, given))
    }
    addMethod(this, 'profile.parsing.addFolder', (given) => addFolder(this, given))
    for (const [name, call] of Object.entries(webhookMethods(options.webhookSecret))) this.webhooks[name] = call
  }
}

/** Adds `client.profile.parsing.addFile` for `profile.parsing.addFile`. */
function addMethod(client, path, call) {
  const names = path.split('.')
  const last = names.pop()
  let part = client
  for (const name of names) {
    part[name] ??= {}
    part = part[name]
  }
  part[last] = call
}
