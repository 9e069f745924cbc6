import { defineTexts } from '../../strings/texts'

export const mergedTexts = defineTexts({
  en: {
    merged: 'The whole model',
    mergedNote: 'The base with the adapter merged in, for programs that know no adapters. It is as large as the model.',
    mergedFor: 'For',
    mergedType: 'Stored as',
    makeMerged: 'Make the whole model',
    proving: 'Trying it against the live model',
    writingMerged: 'Writing',
    mergedReady: (dtype: string, bytes: string) => `The whole model in ${dtype} is ready: ${bytes}.`,
    mergedProof: (tokens: string, difference: string, agreement: string) =>
      `It was loaded back: on ${tokens} tokens its logits differ from the live model’s by ${difference} at most, and ${agreement} of its likeliest tokens are the same.`,
    mergedQuantized:
      'The base came quantized: the adapter was added to what its rounded weights stand for, which a model merged into the original weights would not share.',
    mergedModelfile:
      'Unpack it into one folder: model and Modelfile lie side by side, for ollama create. By Ollama’s documentation; it was not run there.',
    mergedTemplateByHand:
      'Unpack it into one folder: model and Modelfile lie side by side. Its chat template is none that Plume knows in Ollama’s language, so TEMPLATE in the Modelfile has to be written by hand.',
  },
  ko: {
    merged: '모델 전체',
    mergedNote: '기본 모델에 어댑터를 합쳐서 저장해요. 어댑터를 모르는 프로그램에서 쓸 수 있고, 크기는 모델만큼 커요.',
    mergedFor: '쓸 곳',
    mergedType: '저장 형식',
    makeMerged: '모델 전체 만들기',
    proving: '쓰던 모델과 맞춰 보는 중',
    writingMerged: '쓰는 중',
    mergedReady: (dtype, bytes) => `${dtype} 모델이 준비됐어요. ${bytes}예요.`,
    mergedProof: (tokens, difference, agreement) =>
      `다시 열어서 확인했어요. 토큰 ${tokens}개에서 로짓 차이는 최대 ${difference}, 1순위 토큰은 ${agreement}가 같아요.`,
    mergedQuantized:
      '기본 모델이 이미 양자화돼 있어서, 반올림된 가중치에 어댑터를 더했어요. 원래 가중치에 합친 모델과는 조금 달라요.',
    mergedModelfile:
      '한 폴더에 풀면 모델과 Modelfile이 나란히 놓여요. ollama create로 쓸 수 있고, Ollama 문서를 따랐을 뿐 직접 돌려 보지는 못했어요.',
    mergedTemplateByHand:
      '한 폴더에 풀면 모델과 Modelfile이 나란히 놓여요. 이 모델의 대화 형식은 Plume이 Ollama의 언어로 아는 것이 아니라서, Modelfile의 TEMPLATE을 직접 적어야 해요.',
  },
})
