/** These catch most mistakes in five minutes. */

import { globSync } from 'node:fs'

const MAIN = [
  'test/*.test.ts',
  'test/{architecture,client,config,domain,imports,jobs,runs,stability,store}/**/*.test.ts',
  'test/http/{alerts,auth,hooks,mcp,streams,wire}/**/*.test.ts',
  'test/http/secrets.test.ts',
  'test/http/api/{*,common/*,language/*,runs/*,settings/*,system/*,workflows/*}.test.ts',
  'test/workers/{pool,threads,worker}/*.test.ts',
  'test/workers/sandbox/attacks.test.ts',
  'test/workers/sandbox/process/processes.test.ts',
  'test/runtimes/{binding,conformance,missing-keys,modules,request,vectors}.test.ts',
  'test/runtimes/node/*.test.ts',
  'test/contract/{answers,once,request,retries,wait-or-not}.test.ts',
  'test/model/*.test.ts',
  'test/web/{newcomer,editor,runs}.test.ts',
  // Tests of the app without a browser.
  'test/web/{audit-words,env-text,json-text,provider-words,query-keys,server-words,words}.test.ts',
]

/** Long, or a repetition on another engine or set-up. */
const NOT_MAIN = [
  'test/architecture/unused.test.ts',
  'test/http/api/{audit-deaths,changes-at-once,names}.test.ts',
  'test/http/api/common/large-answers.test.ts',
  'test/http/api/language/{hostile-messages,language,socket-rights,typescript}.test.ts',
  'test/http/api/settings/{hrflow,shared}.test.ts',
  'test/http/api/system/runtimes.test.ts',
  'test/http/api/workflows/{editors,egress,hook-openapi,memory-and-variables,retention}.test.ts',
  'test/http/auth/{fresh-sessions,old-passwords,people-races,shared/people,two-factor}.test.ts',
  'test/http/auth/sign-in/{accounts,oidc,oidc-flow,passkeys}.test.ts',
  'test/http/hooks/request-schema.test.ts',
  'test/http/mcp/bodies.test.ts',
  'test/http/streams/stream-rights.test.ts',
  'test/jobs/{leases,retention}.test.ts',
  'test/runtimes/node/{forks,network,runtime}.test.ts',
  'test/store/database/modes.test.ts',
  'test/store/database/engines/postgres-pooler.test.ts',
  'test/store/upkeep/{bucket,key-rotation,restore,retention}.test.ts',
  'test/workers/pool/{fork-test,load,memory,process-room,short-memory,spare-workers}.test.ts',
  'test/workers/worker/stacks.test.ts',
]

export const findMainTests = (root: string): readonly string[] =>
  globSync(MAIN, { cwd: root, exclude: NOT_MAIN }).sort()
