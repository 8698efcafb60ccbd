'use strict'

/** Program of a JavaScript sandbox: `node main.cjs prepare|serve|fork`. protocol.md describes the messages. */

if (process.argv[2] === 'prepare') require('./prepare.cjs').prepare()
else require('./serve.cjs').serve()
