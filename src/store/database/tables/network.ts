export type InternalHostRow = {
  id: string
  host: string
  /** JSON of ids. Null: all workflows. */
  workflows_json: string | null
  note: string
  created_by_json: string
  created_at: number
}
