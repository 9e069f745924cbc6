// Why an adapter was refused, as a person reads it: what in its file says so, and what differs from the open model.
import type { AppError } from '../../base/errors'
import { unsupportedReasons } from '../../engine/api'
import { defineTexts } from '../../strings/texts'

export const refusalTexts = defineTexts({
  en: {
    activated: 'It is switched on by certain tokens (aLoRA), which is not possible here.',
    bias: 'It trained biases too. They would be lost.',
    dora: 'It is DoRA: magnitudes belong to it beside A and B.',
    embedding: 'It changes the embedding. Plume adapts the linear layers only.',
    experts: 'It changes the experts of a mixture, which this model does not have.',
    head: 'It changes the head (lm_head). Plume adapts the linear layers only.',
    kind: 'It is another kind of adapter than LoRA.',
    names: 'Its tensors have names that are not those of LoRA in PEFT.',
    pattern: 'Its ranks or alphas are given by a regular expression, and a stranger’s is never run.',
    'repeated-layers': 'It repeats layers of its base.',
    'saved-module': 'It holds a part of the model as a whole beside its detours.',
    start: 'It changed its base when it began (PiSSA, LoftQ or the like) and was not converted to plain LoRA.',
    task: 'It was made for another task than writing text.',
    'two-adapters': 'There are two adapters in one file.',
    found: (what: string) => `Found in the file: ${what}`,
    namedBase: (there: string, here: string) => `Its file names the base “${there}”; “${here}” is open.`,
    otherHash: 'It names other weights, by their hash.',
    architecture: (there: string) => `It is for the architecture ${there}.`,
    modules: (names: string) => `It adapts ${names}, which this model does not have.`,
    layers: (there: string, here: string) => `It goes up to layer ${there}; this model has ${here}.`,
    shapes: (count: string) => `${count} of its linears have another shape.`,
    shape: (name: string, there: string, here: string) => `${name} is [${there}], here it would be [${here}].`,
    missing: (count: string, name: string) =>
      `${count} of its linears are missing from the file, the first is ${name}.`,
  },
  ko: {
    activated: '정해진 토큰에서만 켜지는 어댑터(aLoRA)라서 여기서는 쓸 수 없어요.',
    bias: '편향도 함께 학습한 어댑터예요. 열면 편향이 사라져요.',
    dora: 'DoRA 어댑터예요. A와 B 말고도 크기 벡터가 있어야 해요.',
    embedding: '임베딩을 바꾸는 어댑터예요. Plume은 선형층만 다뤄요.',
    experts: '전문가 혼합 모델의 전문가를 바꾸는데, 이 모델에는 전문가가 없어요.',
    head: '출력층(lm_head)을 바꾸는 어댑터예요. Plume은 선형층만 다뤄요.',
    kind: 'LoRA가 아닌 다른 종류의 어댑터예요.',
    names: '텐서 이름이 PEFT의 LoRA와 달라요.',
    pattern: '랭크나 알파가 정규식으로 적혀 있어요. 남이 쓴 정규식은 실행하지 않아요.',
    'repeated-layers': '기본 모델의 층을 되풀이해서 쓰는 어댑터예요.',
    'saved-module': '우회로 말고도 모델의 일부가 통째로 들어 있어요.',
    start: '시작할 때 기본 모델을 바꾸는 방식(PiSSA, LoftQ 등)인데, 일반 LoRA로 바꾸지 않았어요.',
    task: '글쓰기가 아닌 다른 작업에 쓰는 어댑터예요.',
    'two-adapters': '한 파일에 어댑터가 둘 들어 있어요.',
    found: (what) => `파일에서 찾은 것: ${what}`,
    namedBase: (there, here) => `파일에 적힌 기본 모델은 “${there}”이고, 지금 열린 모델은 “${here}”예요.`,
    otherHash: '가중치 해시가 지금 모델과 달라요.',
    architecture: (there) => `${there} 구조의 모델에 쓰는 어댑터예요.`,
    modules: (names) => `${names} 모듈에 붙는데, 이 모델에는 없어요.`,
    layers: (there, here) => `${there}번째 층까지 있는데, 이 모델은 ${here}층이에요.`,
    shapes: (count) => `선형층 ${count}개의 모양이 달라요.`,
    shape: (name, there, here) => `${name} 모양이 [${there}]인데, 여기서는 [${here}]여야 해요.`,
    missing: (count, name) => `선형층 ${count}개가 파일에 없어요. 첫 번째: ${name}`,
  },
})

type Texts = (typeof refusalTexts)['en']

/** Sentences in the order of what matters; none where the code says it all. */
export function refusalSentences({ code, details }: AppError, text: Texts): string[] {
  const word = (name: string): string => String(details[name] ?? '')
  if (code === 'adapter/unsupported') {
    const reason = unsupportedReasons.find((one) => one === details['reason'])
    return [...(reason ? [text[reason]] : []), ...(word('what') ? [text.found(word('what'))] : [])]
  }
  if (code !== 'adapter/wrong-base') return []
  const sentences: [isSo: boolean, sentence: string][] = [
    [
      word('namedBase') !== '' && word('namedBase') !== word('openBase'),
      text.namedBase(word('namedBase'), word('openBase')),
    ],
    [details['namesOtherHash'] === true, text.otherHash],
    [word('architecture') !== '', text.architecture(word('architecture'))],
    [word('modules') !== '', text.modules(word('modules'))],
    [word('layersThere') !== '', text.layers(word('layersThere'), word('layersHere'))],
    [word('shapes') !== '', text.shapes(word('shapes'))],
    [word('shapes') !== '', text.shape(word('module'), word('found'), word('needed'))],
    [word('missing') !== '', text.missing(word('missing'), word('module'))],
  ]
  return sentences.flatMap(([isSo, sentence]) => (isSo ? [sentence] : []))
}
