// devices: the adapter that the other verbs would use, its facts and limits.
import { openDevice } from '../dawn'
import { figures } from '../figures'
import { facts } from '../output'
import { defineVerb } from '../verb'

const byteLimits = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxComputeWorkgroupStorageSize'] as const
const countLimits = [
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const

export const devices = defineVerb({
  name: 'devices',
  summary: 'Shows the GPU that the other verbs use, with its limits.',
  usage: 'devices',
  examples: ['devices --json'],
  operands: 0,
  flags: {},
  async run({ output }) {
    const { device, facts: found } = await openDevice()
    const features = [...device.features].sort()
    const limits = Object.fromEntries([...byteLimits, ...countLimits].map((name) => [name, device.limits[name]]))
    output.json({ ...found, features, limits })
    const rows: [string, string][] = [
      ['vendor', found.vendor],
      ['architecture', found.architecture],
      ['description', found.description],
      ['kind', found.isSoftware ? 'software: right, but slow' : 'hardware'],
      ['features', features.join(', ')],
      ...byteLimits.map((name): [string, string] => [name, figures.bytes(device.limits[name])]),
      ...countLimits.map((name): [string, string] => [name, figures.count(device.limits[name])]),
    ]
    for (const line of facts(rows)) output.line(line)
  },
})
