/** Returns the module that runs the steps. With `waits`, their results are stored, and they can pause the run. */
export const pipedreamScript = (waits: boolean): string => scriptWith(waits ? WAITS : NO_WAITS, waits ? RESUME : '')

const scriptWith = (
  flow: string,
  resume: string,
): string => `/** Runs the steps of a workflow that came from Pipedream, one after the other. */

/** Ends the steps without a failure, as $.flow.exit() does. */
class Exit extends Error {}

export const defineComponent = (component) => component

/** A step that was not carried over. It ends the run, so that no later step works without it. */
export const missing = (name, what) => ({
  run() {
    throw new Error('The step ' + name + ' was ' + what + ': write it in workflow.ts, see IMPORT.md')
  },
})

/** Returns the data of the answer as axios of @pipedream/platform does. Throws for an error status. */
export async function axios(_, { url, method = 'GET', headers = {}, params = {}, data }) {
  const address = new URL(url)
  for (const [name, value] of Object.entries(params)) if (value !== undefined) address.searchParams.set(name, String(value))
  const isText = data === undefined || typeof data === 'string'
  const typed = isText ? headers : { 'Content-Type': 'application/json', ...headers }
  const response = await fetch(address, { method, headers: typed, body: isText ? data : JSON.stringify(data) })
  const text = await response.text()
  if (!response.ok) throw new Error(method + ' ' + address.origin + address.pathname + ': ' + response.status + ' ' + text.slice(0, 500))
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const variables = process['env']

${flow}

export async function run(request, settings, components, answers) {
  for (const [key, value] of Object.entries(settings)) if (typeof value === 'string') variables[key] = value
  const event = request === null ? await once('trigger', () => ({ timestamp: Date.now() })) : eventOf(request)
  const steps = { trigger: { event, context: {} } }
  let response
  for (const [name, component, inputs] of components) {
    const done = await once(name, () => perform(name, component, inputs, steps, settings))
    steps[name] = done.exported
    response = done.response ?? response
    if (done.exits) break
${resume}  }
  return answers && response !== undefined ? answerOf(response) : undefined
}

/** Runs a step. Returns what it has left for the steps after it. */
async function perform(name, component, inputs, steps, settings) {
  const done = { exported: {}, exits: false }
  const flow = flowOf(name, done)
  const $ = {
    respond: (given) => void (done.response = given),
    export: (key, value) => void (done.exported[key] = value),
    flow,
  }
  const self = { ...component.methods }
  for (const [key, value] of Object.entries(inputs)) self[key] = resolve(value, steps, settings)
  try {
    const value = await component.run.call(self, { steps, $ })
    if (value !== undefined && value !== flow.urls) done.exported.$return_value = value
  } catch (error) {
    if (!(error instanceof Exit)) throw error
    if (error.message) console.log(error.message)
    done.exits = true
  }
  return done
}

function eventOf(request) {
  if (request === null) return { timestamp: Date.now() }
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]))
  const text = new TextDecoder().decode(request.body)
  const isJson = /^application\\/json\\b/.test(headers['content-type'] ?? '')
  const body = isJson && text !== '' ? JSON.parse(text) : text
  return { method: request.method, path: '/', query: { ...request.query }, url: request.url, headers, body }
}

function answerOf({ status = 200, headers = {}, body = '' }) {
  if (typeof body === 'string') return { status_code: status, headers, body }
  return { status_code: status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** Values as they were typed; {{steps.a.b[0]}} is what an earlier step has returned. */
function resolve(value, steps, settings) {
  if (Array.isArray(value)) return value.map((item) => resolve(item, steps, settings))
  if (typeof value === 'object' && value !== null) {
    if (typeof value.$account === 'string') return { $auth: accountOf(value.$account, settings) }
    if (typeof value.$store === 'string') return storeOf(value.$store, settings)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, steps, settings)]))
  }
  if (typeof value !== 'string' || !value.includes('{{')) return value
  const whole = /^{{\\s*([^{}]+?)\\s*}}$/.exec(value)
  if (whole) return lookUp(whole[1], steps)
  return value.replace(/{{\\s*([^{}]+?)\\s*}}/g, (_, path) => String(lookUp(path, steps)))
}

function lookUp(path, steps) {
  if (!/^steps([.][\\w$]+|\\[\\d+\\])+$/.test(path)) throw new Error('Write the expression {{' + path + '}} in workflow.ts, see IMPORT.md')
  return path.match(/[\\w$]+/g).slice(1).reduce((found, key) => found?.[key], steps)
}

/** A connected account: its values are settings, such as SLACK_OAUTH_ACCESS_TOKEN for slack and oauth_access_token. */
function accountOf(name, settings) {
  return new Proxy({}, {
    get(_, key) {
      const setting = (name + '_' + String(key)).toUpperCase()
      if (!(setting in settings)) throw new Error('Set the setting ' + setting + ': it was a value of the account ' + name)
      return settings[setting]
    },
  })
}

/** A data store: its values are settings, such as CACHE_TOKEN for cache and token. */
function storeOf(name, settings) {
  const nameOf = (key) => (name + '_' + key).toUpperCase()
  return {
    get: async (key) => settings[nameOf(key)],
    set: async (key, value) => void (settings[nameOf(key)] = value),
    has: async (key) => nameOf(key) in settings,
    delete: async (key) => void delete settings[nameOf(key)],
  }
}`

const NO_WAITS = `const once = (_, fn) => fn()

const flowOf = () => ({
  exit(reason) {
    throw new Exit(reason)
  },
})`

const RESUME = `    if (done.pause === undefined) continue
    const resumed = await pause(name, done.pause)
    if (resumed === CANCELLED) break
    if (resumed !== undefined) steps[name].$resume_data = eventOf(resumed)
`

/** A pause begins at the end of its step, as in Pipedream. */
const WAITS = `import * as workflows from 'workflows'

/** Stores what a step returns, so that it does not run again when the run continues after a pause. */
const once = (name, fn) => workflows.step(name, async () => JSON.parse(JSON.stringify(await fn())))

const CANCELLED = Symbol('cancelled')
const cancelOf = (name) => name + ' cancel'

const flowOf = (name, done) => {
  const flow = {
    exit(reason) {
      throw new Exit(reason)
    },
    delay: (milliseconds) => begin('delay', milliseconds),
    suspend: (milliseconds = 24 * 3600 * 1000) => begin('suspend', milliseconds),
  }
  const begin = (kind, milliseconds) => {
    done.pause = { kind, seconds: Math.max(1, milliseconds / 1000), hasUrls: kind === 'suspend' }
    const urlOf = (wait) => {
      done.pause.hasUrls = true
      return workflows.urlOf(wait)
    }
    flow.urls = {
      get resume_url() {
        return urlOf(name)
      },
      get cancel_url() {
        return urlOf(cancelOf(name))
      },
    }
    return flow.urls
  }
  return flow
}

/** Waits. A delay without URLs is a sleep. A suspended run fails with TimedOut if no post resumes it in time. */
async function pause(name, { kind, seconds, hasUrls }) {
  if (!hasUrls) return await workflows.sleep(name, { seconds })
  try {
    const event = await workflows.waitFor([name, cancelOf(name)], { within: seconds.toFixed(3) + 's' })
    if (event.name === name) return event
    console.log('The run was cancelled by the cancel_url of the step ' + name)
    return CANCELLED
  } catch (error) {
    if (kind === 'delay' && error instanceof workflows.TimedOut) return undefined
    throw error
  }
}`
