import { defineTexts } from '../../strings/texts'

export const trialTexts = defineTexts({
  en: {
    title: 'Training compared',
    note: (steps: string) =>
      `The same ${steps} steps with your settings and text, on a float32 base and on an int8 base. What they learn is thrown away; your adapter stays.`,
    noteFull: 'This model is small enough to train every weight as well, at a tenth of the learning rate.',
    start: 'Train and compare',
    stop: 'Stop',
    noText: 'Open a text on Data first.',
    training: (precision: string) => `Training on ${precision}`,
    loss: 'Loss',
    nats: 'nats per token',
    step: 'Step',
    lora: (precision: string) => `LoRA on ${precision}`,
    full: 'Every weight',
    trainedParameters: 'Trained',
    rate: 'Learning rate',
    base: 'Training',
    memory: 'On the device',
    stepTime: 'One step',
    lastLoss: 'Last loss',
    validation: 'Held-out loss',
    sentence: (share: string, speed: string, gap: string) =>
      `On an int8 base training takes ${share} of the memory, goes at ${speed} times the speed, and ends with a loss that differs by ${gap}.`,
    fullSentence: (parameters: string, memory: string, gap: string) =>
      `LoRA trains ${parameters} of the parameters in ${memory} of the memory of training every weight, and ends with a loss that differs by ${gap} from that.`,
  },
  ko: {
    title: '학습 비교',
    note: (steps) =>
      `같은 설정과 글로 같은 ${steps}스텝을 float32 기본 모델과 int8 기본 모델에서 학습해요. 배운 것은 버리고, 지금 어댑터는 그대로 둬요.`,
    noteFull: '이 모델은 작아서 모든 가중치를 학습하는 것도 해 봐요. 학습률은 10분의 1로 낮춰요.',
    start: '학습해서 비교하기',
    stop: '멈추기',
    noText: '먼저 데이터에서 글을 열어 주세요.',
    training: (precision) => `${precision}에서 학습하는 중`,
    loss: '손실',
    nats: '토큰당 내트',
    step: '스텝',
    lora: (precision) => `${precision} 위의 LoRA`,
    full: '모든 가중치',
    trainedParameters: '학습하는 수',
    rate: '학습률',
    base: '학습',
    memory: '기기 메모리',
    stepTime: '한 스텝',
    lastLoss: '마지막 손실',
    validation: '떼어 둔 글의 손실',
    sentence: (share, speed, gap) =>
      `int8 기본 모델에서 학습하면 메모리는 ${share}, 속도는 ${speed}배이고, 끝난 뒤 손실 차이는 ${gap}이에요.`,
    fullSentence: (parameters, memory, gap) =>
      `LoRA는 모든 가중치를 학습할 때보다 파라미터의 ${parameters}만, 메모리의 ${memory}로 학습하고, 끝난 뒤 손실 차이는 ${gap}이에요.`,
  },
})
