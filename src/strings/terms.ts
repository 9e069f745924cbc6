// Words that several places share: one thing, one name.
import { defineTexts } from './texts'

export const termTexts = defineTexts({
  en: {
    weights: 'Weights',
    adapter: 'Adapter',
    gradients: 'Gradients',
    optimizer: 'Optimizer',
    activations: 'Activations',
    cache: 'Cache',
    staging: 'Staging',
    base: 'Base',
    float32: 'float32',
    int8: 'int8',
    training: 'Training',
    validation: 'Validation',
    good: 'Good',
    note: 'Note',
    warning: 'Check',
    wrong: 'Wrong',
    tokensPerSecond: 'tok/s',
    close: 'Close',
    showMeaning: (term: string) => `What does ${term} mean?`,
  },
  ko: {
    weights: '가중치',
    adapter: '어댑터',
    gradients: '기울기',
    optimizer: '옵티마이저',
    activations: '활성값',
    cache: '캐시',
    staging: '전송 버퍼',
    base: '기본 모델',
    float32: 'float32',
    int8: 'int8',
    training: '학습',
    validation: '검증',
    good: '좋음',
    note: '참고',
    warning: '확인',
    wrong: '문제',
    tokensPerSecond: '토큰/초',
    close: '닫기',
    showMeaning: (term) => `${term}, 무슨 뜻인가요?`,
  },
})

/** The key of a memory role's name in the shared terms. */
export const roleTerm = {
  weights: 'weights',
  adapter: 'adapter',
  gradients: 'gradients',
  optimizer: 'optimizer',
  activations: 'activations',
  cache: 'cache',
  staging: 'staging',
} as const
