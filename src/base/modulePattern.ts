/**
 * The value that a pattern of PEFT (rank_pattern, alpha_pattern) gives a module: that of the first key which is
 * the module's path or its last parts, such as self_attn.q_proj.
 */
export function valueForModule<T>(pattern: Readonly<Record<string, T>> | undefined, path: string): T | undefined {
  return Object.entries(pattern ?? {}).find(([key]) => path === key || path.endsWith(`.${key}`))?.[1]
}
