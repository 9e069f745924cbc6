import type { Lowering } from '../../plan/lowering'

export const layerNormOnnx: Lowering<{ readonly epsilon: number }> = (graph, { x, weight, bias }, { epsilon }) => ({
  y: graph.op('LayerNormalization', [x!, weight!, bias!], { axis: -1, epsilon }),
})
