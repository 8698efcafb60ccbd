/**
 * An `import` of `node:http` reads all its members, and `WebSocket` loads Node's `fetch` client: 45 ms of processor
 * time at each start, and 10 MB.
 */
export const { createServer, request } = process.getBuiltinModule('node:http')
