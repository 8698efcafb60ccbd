/** Programs with their own environment use the compiled code that scripts/run.sh keeps. */

import { resolve } from 'node:path'

/** A start of the command line takes 0.34 s of processor time instead of 0.65 s. */
export const COMPILED = { NODE_COMPILE_CACHE: resolve(import.meta.dirname, '../../.cache/compiled') } as const
