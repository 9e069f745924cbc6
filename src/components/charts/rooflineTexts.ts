import { defineTexts } from '../../strings/texts'

export const rooflineTexts = defineTexts({
  en: {
    xName: 'operations for each byte moved',
    memoryRoof: (rate: string) => `memory ${rate} GB/s`,
    arithmeticRoof: (rate: string) => `float32 arithmetic ${rate} GFLOP/s`,
    int8Roof: (rate: string) => `packed int8 ${rate} GOP/s`,
    float32: 'a kernel on float32',
    float16: 'a kernel on float16',
    int8: 'a kernel on int8',
    step: 'a whole step, larger',
    point: (name: string, rate: string, x: string) => `${name}: ${rate} GFLOP/s at ${x} operations for each byte.`,
    hint: 'Point at a kernel, or walk through them with Tab and the arrow keys.',
    summary: (points: string, arithmetic: string, memory: string) =>
      `${points} points under a roof of ${memory} GB/s on the left and ${arithmetic} GFLOP/s on the right. The table under the chart holds them all.`,
  },
  ko: {
    xName: '옮기는 바이트 하나에 하는 연산',
    memoryRoof: (rate) => `메모리 ${rate} GB/s`,
    arithmeticRoof: (rate) => `float32 연산 ${rate} GFLOP/s`,
    int8Roof: (rate) => `묶은 int8 ${rate} GOP/s`,
    float32: 'float32 커널',
    float16: 'float16 커널',
    int8: 'int8 커널',
    step: '스텝 전체는 더 크게',
    point: (name, rate, x) => `${name}: 바이트마다 연산 ${x}번, ${rate} GFLOP/s.`,
    hint: '점을 가리키거나, Tab과 화살표 키로 하나씩 살펴보세요.',
    summary: (points, arithmetic, memory) =>
      `점 ${points}개가 왼쪽 ${memory} GB/s, 오른쪽 ${arithmetic} GFLOP/s인 지붕 아래에 있어요. 차트 아래 표에 모두 들어 있어요.`,
  },
})
