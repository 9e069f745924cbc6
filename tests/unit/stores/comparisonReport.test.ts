import { describe, expect, test } from 'vitest'
import type { CellMeasurement } from '../../../src/engine/api'
import { emptyBytesByRole } from '../../../src/plan/memory'
import {
  cellsOfReport,
  MAX_REPORT_BYTES,
  readReport,
  writeReport,
  type ComparisonReport,
} from '../../../src/stores/comparisonReport'

const measured = { value: 3, spread: 0.1, n: 5 }
const cell: CellMeasurement = {
  precision: 'int8',
  usesAdapter: true,
  memory: { ...emptyBytesByRole(), weights: 1000 },
  linearWeightBytes: 266,
  int8Products: { speedup: 0.6, isUsed: false },
  loadMs: 12.5,
  prefillTokensPerSecond: measured,
  decodeTokensPerSecond: measured,
  firstTokenMs: measured,
  validationLoss: null,
  generalLoss: measured,
  fromReference: { divergence: measured, agreement: { value: 0.97, spread: 0.01, n: 200 } },
}
const report: ComparisonReport = {
  madeAt: '2026-11-24T12:00:00.000Z',
  model: { name: 'plume-stories', sha256: 'a'.repeat(64), parameters: 3_800_000 },
  device: { name: 'Apple M3', isSoftware: false },
  adapterParameters: null,
  cells: [cell],
}

test('a report comes back as it was written', () => {
  expect(readReport(writeReport(report))).toEqual(report)
  expect(cellsOfReport(report)).toEqual({ 'adapter-int8': cell })
})

type Json = Record<string, unknown>
const changed = (change: (json: Json) => void) => {
  const json = JSON.parse(writeReport(report)) as Json
  change(json)
  return JSON.stringify(json)
}

describe('refused', () => {
  const cases: Record<string, string> = {
    'not JSON': 'format: plume-comparison',
    'another kind of JSON': '{"learningRate": 2}',
    'another version': changed((json) => (json['version'] = 2)),
    'a key that nobody knows': changed((json) => (json['script'] = 'x')),
    'a negative time': changed((json) => (json['cells'] = [{ ...cell, loadMs: -1 }])),
    'a number that is none': writeReport(report).replace('12.5', '1e999'),
    'an agreement above one': writeReport(report).replace('0.97', '1.5'),
    'no cells': changed((json) => (json['cells'] = [])),
    'the same cell twice': changed((json) => (json['cells'] = [cell, cell])),
    'a name as long as a book': changed((json) => (json['device'] = { name: 'x'.repeat(301), isSoftware: false })),
    'a large file': ' '.repeat(MAX_REPORT_BYTES + 1),
  }
  test.each(Object.entries(cases))('%s', (_, text) => {
    expect(() => readReport(text)).toThrow(expect.objectContaining({ code: 'comparison/invalid' }))
  })
})
