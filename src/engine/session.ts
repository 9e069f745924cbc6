// What one undertaking (a run, an answer, a measurement) needs on the device, recorded before anything is
// allocated: its plans, what it reads while running, and what to free afterwards.
import { recordGeneration, tensorsOfGeneration, type GenerationProgram } from '../generation/program'
import { tensorsOfLinear, type Model } from '../models/model'
import type { ModelConfig } from '../models/config'
import { declareAdapter, type LoraAdapter } from '../models/lora'
import { tensorsOfTrained } from '../models/trained'
import { declareWholeModel, type WholeModel } from '../models/wholeModel'
import { memoryByRole, type BytesByRole, type PlannedRead } from '../plan/memory'
import type { Executor } from '../plan/executor'
import type { Plan } from '../plan/plan'
import { sizeBytes, type Tensor } from '../plan/tensor'
import { probeLogits, recordProbe, type Probe, type ProbePlan } from '../training/probe'
import {
  declareBatch,
  recordEvaluation,
  recordTraining,
  type BatchInputs,
  type BatchShape,
  type EvaluationPlan,
  type TrainingPlans,
} from '../training/program'
import type { TrainingSettings } from '../training/types'

export interface Session {
  readonly plans: readonly Plan[]
  /** Those of `plans` that a run needs only after its first step. */
  readonly later?: readonly Plan[]
  readonly reads: readonly PlannedRead[]
  /** Persistent tensors that belong to the session, not to the model. */
  readonly owned: readonly Tensor[]
}

export interface TrainingSession extends Session {
  readonly adapter: LoraAdapter
  readonly batch: BatchInputs
  readonly training: TrainingPlans
  readonly evaluation: EvaluationPlan
  readonly generation: GenerationProgram
}

/** Prompt and answer of a pinned prompt, at most. */
export const PINNED_CAPACITY = 192

/** Steps in flight, and one being read. */
const METRICS_READS = 3

/** @throws AppError `run/settings-invalid` */
export function recordTrainingSession(model: Model, settings: TrainingSettings): TrainingSession {
  const adapter = declareAdapter(model.config, settings)
  const batch = declareBatch(settings)
  const training = recordTraining(model, adapter, batch, settings)
  const evaluation = recordEvaluation(model, adapter, batch)
  const generation = recordGeneration(model, adapter, Math.min(PINNED_CAPACITY, model.config.maxTokens))
  const { parameters, firstMoment, secondMoment } = adapter
  const later = [evaluation.plan, generation.prefill.plan, generation.decode.plan]
  return {
    adapter,
    batch,
    training,
    evaluation,
    generation,
    plans: [training.micro, training.update, ...later],
    later,
    reads: [
      { tensors: [batch.run.metrics], depth: METRICS_READS },
      { tensors: [parameters, firstMoment, secondMoment, evaluation.rowLoss, generation.logits], depth: 1 },
    ],
    owned: [
      ...tensorsOfBatch(batch),
      ...tensorsOfGeneration(generation),
      evaluation.rowLoss,
      ...tensorsOfTrained(adapter),
    ],
  }
}

export interface WholeSession extends Session {
  readonly whole: WholeModel
  readonly batch: BatchInputs
  readonly training: TrainingPlans
  readonly evaluation: EvaluationPlan
}

/** Full fine-tuning: the model of the session is its own, and belongs to nobody else. */
export function recordWholeSession(config: ModelConfig, settings: TrainingSettings): WholeSession {
  const whole = declareWholeModel(config)
  const batch = declareBatch(settings)
  const training = recordTraining(whole.model, whole, batch, settings)
  const evaluation = recordEvaluation(whole.model, null, batch)
  return {
    whole,
    batch,
    training,
    evaluation,
    plans: [training.micro, training.update, evaluation.plan],
    later: [evaluation.plan],
    reads: [
      { tensors: [batch.run.metrics], depth: METRICS_READS },
      { tensors: [whole.parameters, evaluation.rowLoss], depth: 1 },
    ],
    owned: [...tensorsOfBatch(batch), evaluation.rowLoss, whole.model.positions.table, ...tensorsOfTrained(whole)],
  }
}

export interface GenerationSession extends Session {
  readonly generation: GenerationProgram
}

export function recordGenerationSession(
  model: Model,
  adapter: LoraAdapter | null,
  capacity: number,
): GenerationSession {
  const generation = recordGeneration(model, adapter, Math.min(capacity, model.config.maxTokens))
  return {
    generation,
    plans: [generation.prefill.plan, generation.decode.plan],
    reads: [{ tensors: [generation.logits], depth: 1 }],
    owned: [...tensorsOfGeneration(generation), ...(adapter ? [adapter.parameters] : [])],
  }
}

export interface EvaluationSession extends Session {
  readonly batch: BatchInputs
  readonly evaluation: EvaluationPlan
}

export function recordEvaluationSession(
  model: Model,
  adapter: LoraAdapter | null,
  shape: BatchShape,
): EvaluationSession {
  const batch = declareBatch(shape)
  const evaluation = recordEvaluation(model, adapter, batch)
  return {
    batch,
    evaluation,
    plans: [evaluation.plan],
    reads: [{ tensors: [evaluation.rowLoss], depth: 1 }],
    owned: [...tensorsOfBatch(batch), evaluation.rowLoss, ...(adapter ? [adapter.parameters] : [])],
  }
}

export interface ProbeSession extends Session {
  readonly probe: ProbePlan
}

export function recordProbeSession(model: Model, adapter: LoraAdapter | null, asked: Probe): ProbeSession {
  const probe = recordProbe(model, adapter, asked)
  return {
    probe,
    plans: [probe.plan],
    reads: [{ tensors: [probe.logits], depth: 1 }],
    owned: [...tensorsOfBatch(probe.batch), probe.logits, ...(adapter ? [adapter.parameters] : [])],
  }
}

/** Lends an executor for a session, with the current adapter's values in `adapter`. */
export type WithSession = <T>(
  session: Session,
  adapter: LoraAdapter | null,
  work: (executor: Executor) => Promise<T>,
) => Promise<T>

/** The logits of the probe's labelled rows. */
export function logitsOfProbe(
  withSession: WithSession,
  model: Model,
  adapter: LoraAdapter | null,
  probe: Probe,
): Promise<Float32Array> {
  const session = recordProbeSession(model, adapter, probe)
  return withSession(session, adapter, (executor) => probeLogits(executor, session.probe, probe))
}

/** What the session takes on the device together with the model, by role. */
export function sessionMemory({ plans, reads }: Session): BytesByRole {
  return memoryByRole(plans, reads)
}

/** Bytes of the weights of the layers' linears and of the head as stored, scales included. */
export function linearWeightBytes({ layers, head }: Model): number {
  const ofLayers = layers.flatMap(({ linears }) => [...linears.values()].map(({ weight }) => weight))
  return [...ofLayers, ...head].flatMap(tensorsOfLinear).reduce((sum, tensor) => sum + sizeBytes(tensor), 0)
}

export function flopsOf(plan: Plan): number {
  return plan.steps.reduce((sum, { kernel, shape }) => sum + kernel.cost(shape).flops, 0)
}

function tensorsOfBatch({ tokens, labels, positions, run }: BatchInputs): Tensor[] {
  return [tokens, labels, positions, run.scalars, run.counters, run.metrics]
}
