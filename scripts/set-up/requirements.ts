export type Requirements = { readonly file: string; readonly constraints: string | null; readonly text: string }
