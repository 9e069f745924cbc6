// The explicit list of kernels. Tests, bench and documentation iterate over it.
import type { BenchCase, GradientCase, KernelCase } from './cases'
import { rmsNormBench, rmsNormCases, rmsNormGradients } from './rmsNorm/rmsNorm.cases'

export const kernelCases: readonly KernelCase[] = [...rmsNormCases]
export const benchCases: readonly BenchCase[] = [...rmsNormBench]
export const gradientCases: readonly GradientCase[] = [...rmsNormGradients]
