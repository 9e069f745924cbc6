import { defineTexts } from '../../strings/texts'

export const onnxTexts = defineTexts({
  en: {
    title: 'Beside ONNX Runtime',
    note: 'The same base as an ONNX file in ONNX Runtime Web, which others made: does it say the same, and who is faster here? The runtime is 14 to 17 MB, served from this page’s own address and fetched only now.',
    measure: 'Measure there',
    stop: 'Stop after this one',
    fetching: 'Fetching the runtime',
    measuring: (place: string, precision: string) => `Measuring ${place}, ${precision}`,
    where: 'Computed by',
    plume: 'Plume, WebGPU',
    webgpu: 'ONNX Runtime, WebGPU',
    wasm: 'ONNX Runtime, WebAssembly',
    size: 'Size',
    loading: 'Loading',
    reading: 'Reads',
    writing: 'Writes',
    difference: 'Logits differ by',
    notMeasured: 'Measure the base above',
    itself: 'the reference',
    same: (tokens: string, difference: string) =>
      `In float32 both say the same: over ${tokens} tokens no logit differs by more than ${difference} of the largest.`,
    apart: (tokens: string, difference: string) =>
      `In float32 they differ: over ${tokens} tokens a logit is off by ${difference} of the largest.`,
  },
  ko: {
    title: 'ONNX Runtime과 나란히',
    note: '같은 기본 모델을 ONNX 파일로 만들어, 다른 사람들이 만든 ONNX Runtime Web에서 돌려요. 같은 답을 하는지, 여기서 누가 빠른지 볼 수 있어요. 런타임은 14~17MB이고, 이 페이지와 같은 주소에서 지금 처음 받아요.',
    measure: '거기서 재기',
    stop: '이것까지만 재기',
    fetching: '런타임 받는 중',
    measuring: (place, precision) => `${place}, ${precision} 재는 중`,
    where: '계산한 곳',
    plume: 'Plume, WebGPU',
    webgpu: 'ONNX Runtime, WebGPU',
    wasm: 'ONNX Runtime, WebAssembly',
    size: '크기',
    loading: '불러오기',
    reading: '읽기',
    writing: '쓰기',
    difference: '로짓 차이',
    notMeasured: '위에서 기본 모델을 재 주세요',
    itself: '비교 기준',
    same: (tokens, difference) =>
      `float32에서는 같은 답을 해요. 토큰 ${tokens}개에서 로짓 차이는 가장 큰 로짓의 ${difference}를 넘지 않아요.`,
    apart: (tokens, difference) =>
      `float32에서 답이 달라요. 토큰 ${tokens}개에서 로짓이 가장 큰 로짓의 ${difference}만큼 다르기도 해요.`,
  },
})
