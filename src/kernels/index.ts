// The explicit list of kernels. Tests, bench and documentation iterate over it.
import type { BenchCase, GradientCase, KernelCase } from './cases'
import { adamwBench, adamwCases } from './adamw/adamw.cases'
import { attentionBench, attentionCases, attentionGradients, cachedAttentionCases } from './attention/attention.cases'
import { crossEntropyBench, crossEntropyCases } from './crossEntropy/crossEntropy.cases'
import { dropoutBench, dropoutCases, dropoutGradients } from './dropout/dropout.cases'
import { embedBench, embedCases, embedGradients } from './embed/embed.cases'
import { geluBench, geluCases, geluGradients } from './gelu/gelu.cases'
import { gradientNormBench, gradientNormCases } from './gradientNorm/gradientNorm.cases'
import { keyValueCacheBench, keyValueCacheCases } from './keyValueCache/keyValueCache.cases'
import { layerNormBench, layerNormCases, layerNormGradients } from './layerNorm/layerNorm.cases'
import { linearBench, linearCases, linearGradients } from './linear/linear.cases'
import { loraBench, loraCases } from './lora/lora.cases'
import { quantizeRowsBench, quantizeRowsCases } from './quantizeRows/quantizeRows.cases'
import { residualBench, residualCases, residualGradients } from './residual/residual.cases'
import { rmsNormBench, rmsNormCases, rmsNormGradients } from './rmsNorm/rmsNorm.cases'
import { ropeBench, ropeCases, ropeGradients } from './rope/rope.cases'
import { selectRowBench, selectRowCases } from './selectRow/selectRow.cases'
import { splitColumnsBench, splitColumnsCases, splitColumnsGradients } from './splitColumns/splitColumns.cases'
import { swigluBench, swigluCases, swigluGradients } from './swiglu/swiglu.cases'

export const kernelCases: readonly KernelCase[] = [
  ...adamwCases,
  ...attentionCases,
  ...cachedAttentionCases,
  ...crossEntropyCases,
  ...dropoutCases,
  ...embedCases,
  ...geluCases,
  ...gradientNormCases,
  ...keyValueCacheCases,
  ...layerNormCases,
  ...linearCases,
  ...loraCases,
  ...quantizeRowsCases,
  ...residualCases,
  ...rmsNormCases,
  ...ropeCases,
  ...selectRowCases,
  ...splitColumnsCases,
  ...swigluCases,
]
export const benchCases: readonly BenchCase[] = [
  ...adamwBench,
  ...attentionBench,
  ...crossEntropyBench,
  ...dropoutBench,
  ...embedBench,
  ...geluBench,
  ...gradientNormBench,
  ...keyValueCacheBench,
  ...layerNormBench,
  ...linearBench,
  ...loraBench,
  ...quantizeRowsBench,
  ...residualBench,
  ...rmsNormBench,
  ...ropeBench,
  ...selectRowBench,
  ...splitColumnsBench,
  ...swigluBench,
]
export const gradientCases: readonly GradientCase[] = [
  ...attentionGradients,
  ...dropoutGradients,
  ...embedGradients,
  ...geluGradients,
  ...layerNormGradients,
  ...linearGradients,
  ...residualGradients,
  ...rmsNormGradients,
  ...ropeGradients,
  ...splitColumnsGradients,
  ...swigluGradients,
]
