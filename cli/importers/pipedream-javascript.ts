/** `waits`: the steps' results are stored, and steps can pause the run. */
export const pipedreamScript = (waits: boolean): string => scriptWith(waits ? WAITS : NO_WAITS)

const scriptWith = (
  flow: string,
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
    const done = await complete(name, (context) => perform(name, component, inputs, steps, settings, context))
    steps[name] = done.exported
    response = done.response ?? response
    if (done.exits) break
  }
  return answers && response !== undefined ? answerOf(response) : undefined
}

/** Runs a step. Returns what it has left for the steps after it. */
async function perform(name, component, inputs, steps, settings, context) {
  const done = { exported: {}, exits: false }
  const flow = flowOf(waitOf(name, context.run), done)
  const $ = {
    respond: (given) => void (done.response = given),
    export: (key, value) => void (done.exported[key] = value),
    flow,
    context,
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

const complete = (_, fn) => fn({ run: { runs: 1 } })

const waitOf = (name) => name

const flowOf = () => ({
  exit(reason) {
    throw new Exit(reason)
  },
})`

/** A pause begins at the end of its step, as in Pipedream. */
const WAITS = `import * as workflows from 'workflows'

/** Stores what a step returns, so that it does not run again when the run continues after a pause. */
const once = (name, fn) => workflows.step(name, async () => JSON.parse(JSON.stringify(await fn())))

const CANCELLED = Symbol('cancelled')
const cancelOf = (name) => name + ' cancel'

/** The name of the pause after a run of a step. Each run has another, because a URL ends one pause. */
const waitOf = (name, { runs }) => (runs === 1 ? name : name + ' ' + runs)

/** Runs a step, and waits as it asks. After a pause of $.flow.rerun the step runs again. */
async function complete(name, fn) {
  let run = { runs: 1 }
  let response
  for (;;) {
    const done = await once(name, () => fn({ run }))
    response = done.response ?? response
    const asked = done.pause
    if (asked === undefined || done.exits || run.runs > asked.retries) return { ...done, response }
    const resumed = await pause(waitOf(name, run), asked)
    if (resumed === CANCELLED) return { ...done, response, exits: true }
    if (asked.kind !== 'rerun') {
      if (resumed !== undefined) done.exported.$resume_data = eventOf(resumed)
      return { ...done, response }
    }
    run = { runs: run.runs + 1, context: asked.context }
    if (resumed !== undefined) run.callback_request = eventOf(resumed)
  }
}

const flowOf = (name, done) => {
  const flow = {
    exit(reason) {
      throw new Exit(reason)
    },
    delay: (milliseconds) => begin({ kind: 'delay' }, milliseconds),
    suspend: (milliseconds = 24 * 3600 * 1000) => begin({ kind: 'suspend' }, milliseconds),
    rerun: (milliseconds, context, retries) => begin({ kind: 'rerun', context: context ?? null, retries: retries ?? 10 }, milliseconds),
  }
  const begin = (asked, milliseconds) => {
    done.pause = { ...asked, seconds: Math.max(1, milliseconds / 1000), hasUrls: asked.kind === 'suspend' }
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

/** Waits. A pause without URLs is a sleep. A suspended run fails with TimedOut if no post resumes it in time. */
async function pause(name, { kind, seconds, hasUrls }) {
  if (!hasUrls) return await workflows.sleep(name, { seconds })
  try {
    const event = await workflows.waitFor([name, cancelOf(name)], { within: seconds.toFixed(3) + 's' })
    if (event.name === name) return event
    console.log('The run was cancelled by the cancel_url of the step ' + name)
    return CANCELLED
  } catch (error) {
    if (kind !== 'suspend' && error instanceof workflows.TimedOut) return undefined
    throw error
  }
}`
