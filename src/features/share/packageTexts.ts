import { defineTexts } from '../../strings/texts'

export const packageTexts = defineTexts({
  en: {
    dtype: 'Numbers as',
    packing: 'Packing the files',
    rounding: (share: string) => `Rounded to half precision: its numbers move by ${share}, as a norm.`,
    weights: (dtype: string) => `Its numbers, ${dtype}`,
    curves: 'The loss of its run, as the card shows it',
    zip: 'All of these in one zip',
    single: 'All of it in one file: config and origin in its header. For Plume; PEFT wants the folder',
    handOver: (name: string) => `Hand ${name} to another app`,
    drag: 'The buttons can also be dragged out of the page, onto the desktop or into a folder.',
  },
  ko: {
    dtype: '수의 형식',
    packing: '파일을 싸고 있어요',
    rounding: (share) => `반정밀도로 반올림했어요. 노름으로 재면 값이 ${share} 달라져요.`,
    weights: (dtype) => `어댑터의 수, ${dtype}`,
    curves: '카드에 실린 학습 손실 그림',
    zip: '위의 파일들을 한 zip으로',
    single: '한 파일에 모두. 설정과 출처가 머리에 들어 있어요. Plume에서 열려요. PEFT에는 폴더가 필요해요',
    handOver: (name) => `다른 앱에 ${name} 건네기`,
    drag: '버튼을 페이지 밖으로 끌어 바탕 화면이나 폴더에 놓을 수도 있어요.',
  },
})
