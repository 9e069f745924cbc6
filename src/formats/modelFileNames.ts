// The files of a model in Hugging Face's layout that are read here: what a download fetches and a folder is searched for.

export const NEEDED_FILES = ['config.json', 'tokenizer.json'] as const
/** Besides: what some models say about their tokenizer. */
export const TOKENIZER_JSON_FILES = [
  'tokenizer_config.json',
  'special_tokens_map.json',
  'generation_config.json',
] as const
export const CHAT_TEMPLATE_FILE = 'chat_template.jinja'
export const WEIGHTS_FILE = 'model.safetensors'
/** Says which shard holds which tensor, where the weights are sharded. */
export const INDEX_FILE = 'model.safetensors.index.json'

/** The name of a shard, counted from 1. */
export function shardFile(number: number, count: number): string {
  const five = (value: number) => String(value).padStart(5, '0')
  return `model-${five(number)}-of-${five(count)}.safetensors`
}
