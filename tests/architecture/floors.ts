// Which floor may import which. This list is the checked table: a new arrow is a change to this file.
// `types:` marks arrows that may only import types.
export const floors: Readonly<Record<string, readonly string[]>> = {
  base: [],
  plan: ['base'],
  kernels: ['base', 'plan'],
  reference: ['base', 'plan'],
  formats: ['base'],
  text: ['base'],
  models: ['base', 'plan', 'kernels'],
  adapters: ['base', 'formats'],
  gpu: ['base', 'plan'],
  training: ['base', 'plan', 'kernels', 'models', 'formats', 'text'],
  generation: ['base', 'plan', 'kernels', 'models', 'text'],
  benchmark: ['base', 'plan', 'kernels', 'gpu'],
  hub: ['base', 'formats'],
  platform: ['base', 'formats', 'hub', 'training'],
  engine: ['base', 'plan', 'kernels', 'models', 'formats', 'text', 'adapters', 'gpu', 'training', 'generation'],
  rpc: ['base', 'engine', 'hub'],
  strings: ['base', 'stores', 'features', 'components', 'app'],
  stores: ['base', 'plan', 'text', 'platform', 'hub', 'engine', 'rpc'],
  components: ['base', 'plan', 'design', 'strings', 'stores', 'engine'],
  design: [],
  features: ['base', 'plan', 'text', 'hub', 'engine', 'stores', 'components', 'design', 'strings'],
  terminal: [
    'base',
    'plan',
    'kernels',
    'formats',
    'text',
    'models',
    'adapters',
    'gpu',
    'training',
    'benchmark',
    'engine',
    'strings',
  ],
  app: ['base', 'plan', 'engine', 'stores', 'components', 'design', 'strings', 'features', 'rpc'],
}

/** Floors that run anywhere: no window, no document, no fetch, no WebGPU. */
export const pureFloors = [
  'base',
  'plan',
  'kernels',
  'reference',
  'models',
  'formats',
  'text',
  'adapters',
  'training',
  'generation',
]

/** One importer per dependency. */
export const importers: Readonly<Record<string, readonly string[]>> = {
  comlink: ['src/rpc/'],
  recharts: ['src/components/charts/'],
  zustand: ['src/stores/'],
  fflate: ['src/adapters/', 'src/text/corpus/parquetRows.ts'],
  fzstd: ['src/text/corpus/parquetRows.ts'],
  hyparquet: ['src/text/corpus/parquetRows.ts'],
  '@huggingface/jinja': ['src/text/'],
  '@noble/hashes': ['src/base/hashing.ts'],
  webgpu: ['src/terminal/'],
  valibot: ['src/hub/', 'src/models/', 'src/engine/', 'src/text/', 'src/adapters/', 'src/stores/'],
}
