import { defineTexts } from '../../strings/texts'

export const adapterTexts = defineTexts({
  en: {
    adapter: 'Adapter',
    on: 'On',
    off: 'Off',
    strength: 'Strength of the adapter',
    strengthHint:
      '0 is the base, 1 the adapter as trained, 2 twice as far. While an adapter writes, a change counts from the next word on; what it has read by then stays in its memory as it was. The figures below are measured at 1.',
    beside: 'Beside it',
    atStrength: (strength: string) => `At strength ${strength}.`,
    moved: 'The strength was changed while it wrote.',
  },
  ko: {
    adapter: '어댑터',
    on: '켜기',
    off: '끄기',
    strength: '어댑터 세기',
    strengthHint:
      '0은 기본 모델, 1은 학습한 그대로, 2는 두 배예요. 어댑터가 쓰는 동안 바꾸면 다음 단어부터 반영되고, 그때까지 읽은 것은 기억에 그대로 남아요. 아래 값은 1로 재요.',
    beside: '나란히 볼 어댑터',
    atStrength: (strength) => `세기 ${strength}`,
    moved: '쓰는 동안 세기를 바꿨어요.',
  },
})
