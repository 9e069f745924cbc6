// The loaded base in ONNX Runtime Web, an implementation that we did not write: the same weights, its size and its
// speed, and how far its logits are from ours.
import type { OnnxRuntime } from '../onnx/runtime'
import { generalSet } from '../text/generalText'
import { divergenceOf } from '../training/divergence'
import { firstSequence, labelledRows, probeOf, type Probe } from '../training/probe'
import type { OnnxDifference, OnnxMeasurement, OnnxRequest } from './api'
import type { Bench } from './bench'
import { measureSpeed } from './speed'
import { onnxModel } from './onnxModel'
import { OnnxSession } from './onnxSession'
import { logitsOfProbe } from './session'

/** Tokens whose logits are compared. */
const COMPARED_TOKENS = 64

export async function measureOnnx(
  bench: Bench,
  runtime: OnnxRuntime,
  { provider, precision }: OnnxRequest,
): Promise<OnnxMeasurement> {
  const { device, loaded, now } = bench
  const probe = firstSequence(probeOf(generalSet(loaded.tokenizer, COMPARED_TOKENS), loaded.config.vocabulary))
  const ours = await logitsOfProbe(bench.withSession, await loaded.onDevice(device, precision), null, probe)
  loaded.leaveDevice(device) // one of the two at a time
  const bytes = await onnxModel(loaded, { precision, merge: null })
  const started = now()
  const session = await OnnxSession.open(runtime, bytes, loaded.config, provider)
  try {
    const loadMs = now() - started
    const theirs = await logitsInOnnx(session, probe)
    const difference = differenceOf(ours, theirs, loaded.config.vocabulary)
    const speed = await measureSpeed(session, loaded.config.vocabulary, now)
    return { provider, precision, fileBytes: bytes.byteLength, loadMs, ...speed, difference }
  } finally {
    await session.close()
  }
}

/** The logits of the labelled rows of the probe's one sequence. */
export async function logitsInOnnx(session: OnnxSession, probe: Probe): Promise<Float32Array> {
  const [sequence] = probe.sequences
  if (!sequence) return new Float32Array()
  session.restart()
  return labelledRows(await session.read([...sequence.tokens]), sequence)
}

export function differenceOf(ours: Float32Array, theirs: Float32Array, vocabulary: number): OnnxDifference {
  const largest = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const apart = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0)
  const { agreement } = divergenceOf(ours, theirs, vocabulary)
  return { tokens: agreement.n, largest: apart / largest, agreement }
}
