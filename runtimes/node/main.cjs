'use strict'

/** `node main.cjs prepare|serve|fork` (protocol.md). */

if (process.argv[2] === 'prepare') require('./prepare.cjs').prepare()
else require('./serve.cjs').serve()
