import { RUN_TOOLS } from './run-tools.ts'
import { TASK_TOOLS } from './task-tools.ts'
import type { Tool } from './tool.ts'
import { TRIAL_TOOLS } from './trial-tools.ts'
import { WORKFLOW_TOOLS } from './workflow-tools.ts'

export const TOOLS: readonly Tool[] = [...WORKFLOW_TOOLS, ...RUN_TOOLS, ...TASK_TOOLS, ...TRIAL_TOOLS]
