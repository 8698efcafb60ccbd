export const LAMBDA_SCRIPT = `/** Calls an AWS Lambda handler as a function URL does (payload version 2.0). */

const variables = process['env']

/** \`load\` returns the handler: settings are variables by then. \`kind\`: 'version 1' adds the fields of payload 1.0, 'invoked' makes the body the event. */
export async function call(load, request, settings, kind = '') {
  for (const [key, value] of Object.entries(settings))
    if (typeof value === 'string' && !key.startsWith('__')) variables[key] = value
  const handler = await load()
  return answerOf(await invoke(handler, eventOf(request, kind), contextOf(settings)))
}

/** Handlers of three parameters may answer by a callback instead. */
function invoke(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, value) => (error ? reject(error instanceof Error ? error : new Error(String(error))) : resolve(value))
    const returned = handler(event, { ...context, done: callback, succeed: resolve, fail: callback }, callback)
    if (typeof returned?.then === 'function') returned.then(resolve, reject)
    else if (returned !== undefined || handler.length < 3) resolve(returned)
  })
}

function contextOf(settings) {
  const end = Date.now() + 30_000
  const name = settings.__workflow_id ?? 'workflow'
  return {
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:local:000000000000:function:' + name,
    memoryLimitInMB: '512',
    awsRequestId: crypto.randomUUID(),
    logGroupName: name,
    logStreamName: name,
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, end - Date.now()),
  }
}

export function eventOf(request, kind = '') {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]))
  const { host, search } = new URL(request.url, 'http://localhost')
  const query = Object.fromEntries(
    Object.entries(request.query).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  )
  const [body, isBase64Encoded] = bodyOf(request.body)
  if (kind === 'invoked') return body === '' ? {} : JSON.parse(body)
  const now = new Date()
  const event = {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/',
    rawQueryString: search.slice(1),
    headers,
    requestContext: {
      accountId: 'anonymous',
      apiId: 'workflows',
      domainName: host,
      domainPrefix: host.split('.')[0],
      http: { method: request.method, path: '/', protocol: 'HTTP/1.1', sourceIp: '', userAgent: headers['user-agent'] ?? '' },
      requestId: crypto.randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    isBase64Encoded,
  }
  if (Object.keys(query).length > 0) event.queryStringParameters = query
  if (headers.cookie !== undefined) event.cookies = headers.cookie.split(';').map((cookie) => cookie.trim())
  if (body !== '') event.body = body
  if (kind !== 'version 1') return event
  return {
    ...event,
    httpMethod: request.method,
    path: '/',
    resource: '/',
    pathParameters: null,
    queryStringParameters: event.queryStringParameters ?? null,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body: event.body ?? null,
  }
}

function bodyOf(bytes) {
  try {
    return [new TextDecoder('utf-8', { fatal: true }).decode(bytes), false]
  } catch {
    return [Buffer.from(bytes).toString('base64'), true]
  }
}

function answerOf(answer) {
  if (answer?.statusCode === undefined || answer.statusCode === null)
    return { status_code: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(answer ?? null) }
  const given = { ...answer.headers, ...answer.multiValueHeaders }
  const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : String(value)]))
  if (answer.cookies?.length > 0) headers['Set-Cookie'] = [...answer.cookies]
  if (!Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')) headers['Content-Type'] = 'application/json'
  const { body = '' } = answer
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    status_code: Number(answer.statusCode),
    headers,
    body: answer.isBase64Encoded ? Buffer.from(text, 'base64').toString('utf8') : text,
  }
}
`
