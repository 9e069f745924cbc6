// Memory by what it holds: one bar in one fixed order with one fixed scale of tints, rounded weights hatched, and a
// thin outline of what float32 would have taken. The same names and figures stand under it.
import { useId, useRef } from 'react'
import type { BytesByRole } from '../../plan/memory'
import type { Precision } from '../../plan/precision'
import { roles, type Role } from '../../plan/tensor'
import { roleTerm, termTexts } from '../../strings/terms'
import { useFormat, useTexts } from '../../strings/useTexts'
import { ChartFiles } from './ChartFiles'
import { memoryBar } from './memoryBar'
import style from './MemoryStack.module.css'
import { chartTexts } from './texts'
import { hatchOf } from './texture'
import { useThrottled } from './useThrottled'
import { useWidth } from './useWidth'

interface Props {
  readonly title: string
  readonly memory: BytesByRole
  /** float16 weights are hatched widely, int8 ones narrowly. */
  readonly precision: Precision
  /** What the same would take in float32; null when there is nothing to compare. */
  readonly inFloat32?: BytesByRole | null
  /** What the device allows, where it is known. */
  readonly limitBytes?: number | null
  /** Under the bar, in the flow of the figures: hides the file row where many stacks stand together. */
  readonly isCompact?: boolean
  readonly fileName: string
}

const BAR_TOP = 22
const BAR_HEIGHT = 36
const HEIGHT = BAR_TOP + BAR_HEIGHT + 8
const HATCH_LINE = 2.5

export function MemoryStack(props: Props) {
  const { title, precision, inFloat32 = null, limitBytes = null, isCompact = false, fileName } = props
  const text = useTexts(chartTexts)
  const terms = useTexts(termTexts)
  const format = useFormat()
  const memory = useThrottled(props.memory)
  const [figure, width] = useWidth<HTMLElement>()
  const layers = useRef<HTMLDivElement>(null)
  const id = useId()
  const hatch = hatchOf[precision]
  const hatchWidth = (hatch ?? 1) * HATCH_LINE
  const { parts, total, axisBytes, ghost } = memoryBar(memory, inFloat32, limitBytes)
  const limit = limitBytes !== null && limitBytes <= axisBytes ? limitBytes / axisBytes : null
  const end = total / axisBytes
  const shown = roles.filter((role) => memory[role] > 0 || (inFloat32?.[role] ?? 0) > 0)
  const sentence = text.memoryOf(
    title,
    format.bytes(total),
    shown.map((role) => `${terms[roleTerm[role]]} ${format.bytes(memory[role])}`).join(', '),
  )
  const ghostText = ghost === null || !inFloat32 ? '' : text.ghost(format.bytes(ghost * axisBytes))

  return (
    <figure ref={figure} className={style.figure} aria-labelledby={`${id}-title`}>
      <figcaption className={style.caption}>
        <span id={`${id}-title`} className={style.title}>
          {title}
        </span>
        <span className={style.total}>{format.bytes(total)}</span>
      </figcaption>
      <div
        ref={layers}
        // A drawing made of SVG cannot be an <img>.
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
        role="img"
        aria-label={ghostText ? `${sentence} ${ghostText}.` : sentence}
      >
        <svg className={style.bar} width={width} height={HEIGHT}>
          <defs>
            <pattern
              id={`${id}-hatch`}
              width={hatchWidth}
              height={hatchWidth}
              patternUnits="userSpaceOnUse"
              patternTransform="rotate(45)"
            >
              <rect width={hatchWidth} height={hatchWidth} className={style.hatchGround} />
              <rect width={HATCH_LINE} height={hatchWidth} className={style.hatchLine} />
            </pattern>
          </defs>
          {ghost !== null && ghost > end && (
            <rect
              className={style.ghost}
              x={0.5}
              y={BAR_TOP + 0.5}
              width={Math.max(0, ghost * width - 1)}
              height={BAR_HEIGHT - 1}
            />
          )}
          {parts.map(({ role, start, end: partEnd }) => (
            <rect
              key={role}
              className={`${style.part} ${style[role]}`}
              {...(role === 'weights' && hatch !== null ? { style: { fill: `url(#${id}-hatch)` } } : {})}
              x={start * width}
              y={BAR_TOP}
              // A part of a few bytes stays a visible line.
              width={Math.max(1, (partEnd - start) * width - 1)}
              height={BAR_HEIGHT}
            />
          ))}
          {ghost !== null && (
            <>
              <line
                className={style.ghostEnd}
                x1={ghost * width - 0.5}
                x2={ghost * width - 0.5}
                y1={BAR_TOP - 6}
                y2={BAR_TOP + BAR_HEIGHT}
              />
              <text
                className={style.ghostName}
                x={ghost * width - (ghost > 0.5 ? 1 : 0)}
                y={10}
                textAnchor={ghost > 0.5 ? 'end' : 'start'}
              >
                {ghostText}
              </text>
            </>
          )}
          {limit !== null && (
            <>
              <line
                className={style.limit}
                x1={limit * width - 1}
                x2={limit * width - 1}
                y1={BAR_TOP - 8}
                y2={HEIGHT}
              />
              <text className={style.limitName} x={limit * width - 6} y={BAR_TOP + BAR_HEIGHT / 2} textAnchor="end">
                {text.limit(format.bytes(limitBytes ?? 0))}
              </text>
            </>
          )}
        </svg>
      </div>
      <dl className={style.roles}>
        {shown.map((role) => (
          <div key={role} className={style.role}>
            <dt>
              <Swatch role={role} isHatched={role === 'weights' && hatch !== null} id={id} />
              {terms[roleTerm[role]]}
            </dt>
            <dd>{format.bytes(memory[role])}</dd>
          </div>
        ))}
      </dl>
      {!isCompact && (
        <ChartFiles
          fileName={fileName}
          title={title}
          layers={layers}
          header={[text.holds, text.bytes, text.inFloat32]}
          readRows={() => [
            ...shown.map((role) => [terms[roleTerm[role]], memory[role], inFloat32?.[role] ?? null]),
            [text.total, total, inFloat32 ? roles.reduce((sum, role) => sum + inFloat32[role], 0) : null],
          ]}
          formatCell={(cell) => format.bytes(cell)}
        />
      )}
    </figure>
  )
}

function Swatch({ role, isHatched, id }: { readonly role: Role; readonly isHatched: boolean; readonly id: string }) {
  return (
    <svg className={style.swatch} width="12" height="12" aria-hidden="true">
      <rect
        className={style[role]}
        {...(isHatched ? { style: { fill: `url(#${id}-hatch)` } } : {})}
        width="12"
        height="12"
      />
    </svg>
  )
}
