// The explicit list of kernels. Tests, bench and documentation iterate over it.
import type { BenchCase, GradientCase, KernelCase } from './cases'
import { rmsNormBench, rmsNormCases, rmsNormGradients } from './rmsNorm/rmsNorm.cases'
import { selectRowBench, selectRowCases } from './selectRow/selectRow.cases'

export const kernelCases: readonly KernelCase[] = [...rmsNormCases, ...selectRowCases]
export const benchCases: readonly BenchCase[] = [...rmsNormBench, ...selectRowBench]
export const gradientCases: readonly GradientCase[] = [...rmsNormGradients]
