/** Which files `npm test` runs: they catch most mistakes in five minutes. `npm run test:all` runs every file. */

import { globSync } from 'node:fs'

const MAIN = [
  'test/*.test.ts',
  'test/{architecture,client,config,domain,imports,jobs,runs,store}/**/*.test.ts',
  'test/http/{alerts,auth,hooks,mcp,streams,wire}/**/*.test.ts',
  'test/http/api/{*,common/*,language/*,runs/*,settings/*,system/*,workflows/*}.test.ts',
  'test/workers/{pool,threads,worker}/*.test.ts',
  'test/workers/sandbox/{attacks,landlock,processes}.test.ts',
  'test/runtimes/{binding,conformance,missing-keys,modules,request,vectors}.test.ts',
  'test/runtimes/node/*.test.ts',
  'test/contract/{answers,javascript,once,request,retries,settings,slots,wait-or-not}.test.ts',
  'test/deploy/deployments.test.ts',
  'test/model/*.test.ts',
  'test/web/{newcomer,editor,runs}.test.ts',
  // Of the app without a browser.
  'test/web/{audit-words,env-text,json-text,query-keys,server-words,words}.test.ts',
]

/** Each takes 20 s of processor time or more, or repeats in another setup what the others test. */
const NOT_MAIN = [
  'test/architecture/unused.test.ts',
  'test/http/api/audit-deaths.test.ts',
  'test/http/api/language/{hostile-messages,typescript}.test.ts',
  'test/store/upkeep/retention.test.ts',
  'test/workers/pool/load.test.ts',
]

/** Returns their paths, relative to the root of the project. */
export const findMainTests = (root: string): readonly string[] =>
  globSync(MAIN, { cwd: root, exclude: NOT_MAIN }).sort()
