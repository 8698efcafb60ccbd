'use strict'

/**
 * The program of a sandbox for JavaScript: `node main.cjs prepare|serve`. Node's own modules only. The template
 * (workflow_runtime/process/node_template.py) starts it; protocol.md describes the messages.
 */

if (process.argv[2] === 'prepare') require('./prepare.cjs').prepare()
else require('./serve.cjs').serve()
