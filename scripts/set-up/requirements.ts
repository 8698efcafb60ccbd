export type Requirements = { readonly file: string; readonly text: string }
